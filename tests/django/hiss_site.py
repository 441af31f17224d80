"""The project that the tests serve: its pages, and middleware of each kind around Hiss's."""

import threading

from django.http import HttpResponse, JsonResponse
from django.middleware.security import SecurityMiddleware
from django.templatetags.static import static
from django.urls import path
from django.utils.decorators import async_only_middleware, sync_only_middleware

HISS = "hiss.django.middleware.HissMiddleware"
SECURITY = "django.middleware.security.SecurityMiddleware"
GZIP = "django.middleware.gzip.GZipMiddleware"
SYNC_ONLY = "hiss_site.sync_only"
ASYNC_ONLY = "hiss_site.async_only"
COUNTING = "hiss_site.CountingMiddleware"


@sync_only_middleware
def sync_only(get_response):
    """Middleware as it was before there was async: hands everything on."""
    return lambda request: get_response(request)


@async_only_middleware
def async_only(get_response):
    """Middleware for async stacks alone: hands everything on."""

    async def middleware(request):
        return await get_response(request)

    return middleware


class CountingMiddleware:
    """Notes the path of each request that comes by."""

    seen = []  # noqa: RUF012 - emptied by the test that reads it

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        self.seen.append(request.path)
        return self.get_response(request)


class OwnSecurityMiddleware(SecurityMiddleware):
    """Django's, as a project may have it under a name of its own."""


def page(request):
    """A page that takes no part in the tests but by being there."""
    return HttpResponse("the application's page")


def where(request):
    """The thread that a sync view runs on."""
    return JsonResponse({"thread": threading.get_ident()})


async def where_async(request):
    """The thread that an async view runs on."""
    return JsonResponse({"thread": threading.get_ident()})


def link(request):
    """The URL that a template has for a static file."""
    return HttpResponse(static("app.css"))


urlpatterns = [
    path("page/", page),
    path("where/", where),
    path("where-async/", where_async),
    path("link/", link),
    path("static/made/by/the/application", page),
    path("static-pages/", page),
]

"""The shop's pages at the root, Django's admin beside them."""

from django.contrib import admin
from django.urls import include, path

admin.site.site_title = "Steep Lane"
admin.site.site_header = "Steep Lane"
admin.site.index_title = "Behind the counter"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("catalog.urls")),
]

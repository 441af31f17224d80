from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from catalog.models import Category, Product


def product_list(request: HttpRequest) -> HttpResponse:
    """The whole shop on one page."""
    return render(
        request,
        "catalog/product_list.html",
        {
            "categories": Category.objects.all(),
            "products": Product.objects.select_related("category"),
        },
    )


def category(request: HttpRequest, slug: str) -> HttpResponse:
    """The teas of one kind."""
    chosen = get_object_or_404(Category, slug=slug)
    return render(
        request,
        "catalog/category.html",
        {
            "category": chosen,
            "categories": Category.objects.all(),
            "products": chosen.products.select_related("category"),
        },
    )


def product_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One tea, how to brew it, and four to drink next."""
    products = Product.objects.select_related("category")
    product = get_object_or_404(products, slug=slug)
    others = products.exclude(pk=product.pk)
    neighbours = [other for other in others if other.category_id == product.category_id]
    strangers = [other for other in others if other.category_id != product.category_id]
    return render(
        request,
        "catalog/product_detail.html",
        {"product": product, "others": (neighbours + strangers)[:4]},
    )


def making(request: HttpRequest) -> HttpResponse:
    """How tea is made, and what a kettle sounds like."""
    return render(request, "catalog/making.html")

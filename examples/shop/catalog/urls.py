from django.urls import path

from catalog import views

app_name = "catalog"

urlpatterns = [
    path("", views.product_list, name="product_list"),
    path("kind/<slug:slug>/", views.category, name="category"),
    path("tea/<slug:slug>/", views.product_detail, name="product_detail"),
    path("how-it-is-made/", views.making, name="making"),
]

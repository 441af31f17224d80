from django.contrib import admin
from django.templatetags.static import static
from django.utils.html import format_html

from catalog.models import Category, Product


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    list_display = ["name", "blurb", "position"]
    list_editable = ["position"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["picture", "name", "category", "price", "weight_grams"]
    list_display_links = ["picture", "name"]
    list_filter = ["category"]
    list_select_related = ["category"]
    search_fields = ["name", "tagline", "description"]
    prepopulated_fields = {"slug": ["name"]}

    class Media:
        css = {"all": ["catalog/css/admin.css"]}

    @admin.display(description="")
    def picture(self, product: Product) -> str:
        return format_html('<img class="tea-picture" src="{}" alt="">', static(product.image))

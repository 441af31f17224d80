"""What the shop sells."""

from django.contrib.staticfiles import finders
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse


def validate_static_name(name: str) -> None:
    """Refuse a name that no static file has."""
    if finders.find(name) is None:
        raise ValidationError(
            "No static file is called “%(name)s”.", code="missing", params={"name": name}
        )


class Category(models.Model):
    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField(unique=True)
    blurb = models.CharField(max_length=160)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("catalog:category", args=[self.slug])


class Product(models.Model):
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(unique=True)
    tagline = models.CharField(max_length=120)
    description = models.TextField()
    price_pence = models.PositiveIntegerField("price, in pence")
    weight_grams = models.PositiveSmallIntegerField("weight of a tin, in grams")
    water_celsius = models.PositiveSmallIntegerField("water, in °C")
    steep_minutes = models.PositiveSmallIntegerField("steep for, in minutes")
    spoon = models.CharField("leaf for one pot", max_length=40)
    image = models.CharField(
        max_length=120,
        validators=[validate_static_name],
        help_text="A static name, such as catalog/img/teas/morning-sencha.svg.",
    )
    image_alt = models.CharField("what the image shows", max_length=160)

    class Meta:
        ordering = ["category__position", "name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("catalog:product_detail", args=[self.slug])

    @property
    def price(self) -> str:
        """The price as a shopper reads it: £7.50."""
        return f"£{self.price_pence / 100:.2f}"

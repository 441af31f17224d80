import django.db.models.deletion
from django.db import migrations, models

import catalog.models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Category",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, unique=True)),
                ("slug", models.SlugField(unique=True)),
                ("blurb", models.CharField(max_length=160)),
                ("position", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name_plural": "categories",
                "ordering": ["position", "name"],
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, unique=True)),
                ("slug", models.SlugField(unique=True)),
                ("tagline", models.CharField(max_length=120)),
                ("description", models.TextField()),
                ("price_pence", models.PositiveIntegerField(verbose_name="price, in pence")),
                (
                    "weight_grams",
                    models.PositiveSmallIntegerField(verbose_name="weight of a tin, in grams"),
                ),
                ("water_celsius", models.PositiveSmallIntegerField(verbose_name="water, in °C")),
                (
                    "steep_minutes",
                    models.PositiveSmallIntegerField(verbose_name="steep for, in minutes"),
                ),
                ("spoon", models.CharField(max_length=40, verbose_name="leaf for one pot")),
                (
                    "image",
                    models.CharField(
                        help_text="A static name, such as catalog/img/teas/morning-sencha.svg.",
                        max_length=120,
                        validators=[catalog.models.validate_static_name],
                    ),
                ),
                (
                    "image_alt",
                    models.CharField(max_length=160, verbose_name="what the image shows"),
                ),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="catalog.category",
                    ),
                ),
            ],
            options={
                "ordering": ["category__position", "name"],
            },
        ),
    ]

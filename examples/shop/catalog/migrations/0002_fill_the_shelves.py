"""Put tea on the shelves, so that `migrate` alone opens the shop."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CATEGORIES = [
    ("green", "Green", "Cooked within hours of picking, so the green stays in the leaf."),
    ("black", "Black", "Rolled, left to darken, and fired. The ones that take milk."),
    ("oolong-and-white", "Oolong and white", "Handled a little, or hardly at all."),
    ("herbal", "Herbal", "No tea plant, no caffeine, no need to watch the clock."),
]

# slug, category, name, pence, grams, °C, minutes, leaf, tagline, description, image text
PRODUCTS = [
    (
        "morning-sencha",
        "green",
        "Morning Sencha",
        950,
        80,
        75,
        1,
        "2 teaspoons",
        "Cut grass, sea air, a clean finish",
        "Steamed the morning it is picked and rolled into fine needles. Keep the water well off "
        "the boil and the first cup is sweet and brothy; the second, a minute later, is brisker. "
        "There is a third in there too.",
        "A dark green bowl of bright sencha, with needle leaves scattered round it",
    ),
    (
        "toasted-genmaicha",
        "green",
        "Toasted Genmaicha",
        720,
        100,
        85,
        2,
        "1 heaped tablespoon",
        "Green leaf and popped rice",
        "Half summer leaf, half brown rice toasted until some of it pops. Smells of a warm kitchen "
        "and asks nothing of you. The tea we make when somebody says they do not like green tea.",
        "A cream bowl of golden genmaicha, with toasted rice and leaves beside it",
    ),
    (
        "assam-breakfast",
        "black",
        "Assam Breakfast",
        680,
        125,
        100,
        4,
        "2 teaspoons",
        "Malt, brown sugar, a proper mug",
        "Second-flush leaf from the river plain, picked in June when it is at its darkest. Strong "
        "enough to stand up to milk and smooth enough not to need it. Warm the pot first.",
        "A white bowl of deep red Assam on an orange table, with twisted black leaves",
    ),
    (
        "pine-smoked-lapsang",
        "black",
        "Pine-smoked Lapsang",
        880,
        90,
        95,
        3,
        "2 teaspoons",
        "A campfire, with plums",
        "Dried in a wooden loft over pine embers. The smoke comes first; behind it is a soft, "
        "plummy black tea that we think is too often hidden. Lovely cold, with an orange slice.",
        "A black bowl of dark lapsang on slate, with pine needles and smoked leaf",
    ),
    (
        "mountain-oolong",
        "oolong-and-white",
        "Mountain Oolong",
        1250,
        75,
        90,
        3,
        "1 teaspoon",
        "Lilac, butter, cold stone",
        "Grown in cloud at sixteen hundred metres, barely darkened, then rolled into tight pearls. "
        "Each steep opens them a little more. Give it a roomy pot and most of an afternoon.",
        "A pale bowl of amber oolong, with rolled green pearls on a blue table",
    ),
    (
        "silver-needle",
        "oolong-and-white",
        "Silver Needle",
        1680,
        50,
        80,
        5,
        "1 tablespoon",
        "Melon, hay, almost nothing at all",
        "Only the unopened buds, withered in the sun and otherwise left alone. It whispers. Drink "
        "it first thing, before anything louder, and from something thin.",
        "A lilac bowl of pale tea, with downy white buds around it",
    ),
    (
        "garden-peppermint",
        "herbal",
        "Garden Peppermint",
        560,
        60,
        100,
        6,
        "1 heaped tablespoon",
        "Cold and warm at once",
        "Whole leaves from one field, dried in the dark so that they keep their oil. Crush them a "
        "little between finger and thumb on the way to the pot.",
        "A cream bowl of mint tea on a green table, with whole mint leaves",
    ),
    (
        "whole-chamomile",
        "herbal",
        "Whole Chamomile",
        590,
        50,
        100,
        5,
        "a small handful",
        "Honey, apple skin, an early night",
        "Entire flower heads, petals and all, rather than the dust that ends up in bags. Cover the "
        "cup while it steeps: half of what is good about it would float away.",
        "A blue bowl of golden chamomile, with daisies strewn on a yellow table",
    ),
]


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    Category = apps.get_model("catalog", "Category")
    Product = apps.get_model("catalog", "Product")
    categories = {
        slug: Category.objects.create(slug=slug, name=name, blurb=blurb, position=position)
        for position, (slug, name, blurb) in enumerate(CATEGORIES, start=1)
    }
    for slug, kind, name, pence, grams, celsius, minutes, spoon, tagline, text, alt in PRODUCTS:
        Product.objects.create(
            slug=slug,
            category=categories[kind],
            name=name,
            price_pence=pence,
            weight_grams=grams,
            water_celsius=celsius,
            steep_minutes=minutes,
            spoon=spoon,
            tagline=tagline,
            description=text,
            image=f"catalog/img/teas/{slug}.svg",
            image_alt=alt,
        )


def empty(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    slugs = [slug for slug, *_ in PRODUCTS]
    apps.get_model("catalog", "Product").objects.filter(slug__in=slugs).delete()
    slugs = [slug for slug, *_ in CATEGORIES]
    apps.get_model("catalog", "Category").objects.filter(slug__in=slugs).delete()


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [migrations.RunPython(fill, empty)]

# A Django project as the tutorial leaves it: one page, a style sheet, Hiss, production's settings.
pip install --quiet hiss django gunicorn uvicorn
printf '%s\n' django gunicorn hiss > requirements.txt
django-admin startproject mysite .
mkdir -p assets/css assets/img mysite/templates
echo 'body { background: #eef url("../img/hill.svg"); }' > assets/css/site.css
echo '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 9l4-6 5 6z"/></svg>' > assets/img/hill.svg
cat > mysite/templates/home.html <<'END'
{% load static %}<!doctype html>
<title>My site</title>
<link rel="stylesheet" href="{% static 'css/site.css' %}">
<h1>My site</h1>
END
cat > mysite/urls.py <<'END'
from django.contrib import admin
from django.urls import path
from django.views.generic import TemplateView

urlpatterns = [
    path("", TemplateView.as_view(template_name="home.html")),
    path("admin/", admin.site.urls),
]
END
cat >> mysite/settings.py <<'END'

STATICFILES_DIRS = [BASE_DIR / "assets"]
TEMPLATES[0]["DIRS"] = [BASE_DIR / "mysite" / "templates"]
END
sed -i 's/^DEBUG = True/DEBUG = False/; s/^ALLOWED_HOSTS = .*/ALLOWED_HOSTS = ["127.0.0.1", "localhost"]/' mysite/settings.py
hiss init --apply > /dev/null
python manage.py collectstatic --no-input --verbosity 0

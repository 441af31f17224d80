"""Django's storage with the one option that Hiss has on by default."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class ModuleStorage(ManifestStaticFilesStorage):
    """Rewrites what JavaScript modules import, too."""

    support_js_module_import_aggregation = True

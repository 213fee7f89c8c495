"""How static files are kept: under names that carry their content's hash, compressed beside themselves."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Also follows the imports between bundled modules."""

    support_js_module_import_aggregation = True

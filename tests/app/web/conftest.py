"""Pages without a browser: Streamlit looks once, not at each run of a page, through all that is installed."""

from functools import cache

from streamlit.components.v2 import manifest_scanner

manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)

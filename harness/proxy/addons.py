"""The five addons of mitmproxy that the engine runs on, imported without the other forty.

`mitmproxy.addons` imports every addon, web frameworks and directory clients included, which is half
of mitmproxy's import time. A package object without that code is put in its place first; each
addon is then an ordinary module import.
"""

import importlib.util
import logging
import sys
from types import ModuleType

_PACKAGE = "mitmproxy.addons"


def _lean_package() -> None:
    if _PACKAGE in sys.modules:
        return
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.submodule_search_locations is None:
        return
    package = ModuleType(_PACKAGE)
    package.__path__ = list(spec.submodule_search_locations)
    package.__spec__ = spec
    sys.modules[_PACKAGE] = package


_lean_package()

from mitmproxy.addons import disable_h2c  # noqa: E402
from mitmproxy.addons.core import Core  # noqa: E402
from mitmproxy.addons.disable_h2c import DisableH2C  # noqa: E402
from mitmproxy.addons.next_layer import NextLayer  # noqa: E402
from mitmproxy.addons.proxyserver import Proxyserver  # noqa: E402
from mitmproxy.addons.tlsconfig import TlsConfig  # noqa: E402

# Its words go to the root logger, whose first word would set up a handler on the terminal.
disable_h2c.__dict__["logging"] = logging.getLogger("mitmproxy.h2c")

__all__ = ["Core", "DisableH2C", "NextLayer", "Proxyserver", "TlsConfig"]

"""nginx and Varnish, started with a configuration of a test's own."""

from __future__ import annotations

import contextlib
import os
import shutil

import pytest

from harness.ports import free_port
from harness.servers import running

_BROTLI = "/usr/lib/nginx/modules/ngx_http_brotli_static_module.so"

#: Around what a test says of a server.
_NGINX = """
%(modules)s
daemon off;
master_process off;
worker_processes 1;
pid %(folder)s/pid;
error_log stderr crit;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path %(folder)s/body;
    proxy_temp_path %(folder)s/proxy;
    fastcgi_temp_path %(folder)s/fastcgi;
    scgi_temp_path %(folder)s/scgi;
    uwsgi_temp_path %(folder)s/uwsgi;
    proxy_cache_path %(folder)s/cache keys_zone=static:1m;
    include /etc/nginx/mime.types;
    types { text/javascript js mjs; }
    default_type application/octet-stream;
    sendfile on;
    map $uri $lasts {
        "~\\.[0-9a-f]{12}\\.[a-z0-9]+$" "max-age=31536000, public, immutable";
        default "max-age=60, public";
    }
    %(server)s
}
"""


@contextlib.contextmanager
def nginx(folder, server):
    """An nginx with these `server` blocks; `@PORT@` and `@OTHER@` are filled in, and yielded."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed")
    if "brotli_static" in server and not os.path.exists(_BROTLI):
        pytest.skip("nginx has no brotli_static: libnginx-mod-http-brotli-static")
    ports = [free_port(), free_port()]
    folder.mkdir(exist_ok=True)
    config = folder / "nginx.conf"
    text = server.replace("@PORT@", str(ports[0])).replace("@OTHER@", str(ports[1]))
    modules = f"load_module {_BROTLI};" if "brotli_static" in server else ""
    config.write_text(_NGINX % {"folder": folder, "server": text, "modules": modules})
    command = [program, "-e", "stderr", "-p", str(folder), "-c", str(config)]
    with running(command, folder / "log", port=ports[0]):
        yield ports


@contextlib.contextmanager
def varnish(folder, backend, vcl=""):
    """A Varnish before a port, with this VCL; yields its port."""
    program = shutil.which("varnishd") or shutil.which("varnishd", path="/usr/sbin")
    if program is None:
        pytest.skip("Varnish is not installed: apt-get install varnish")
    port = free_port()
    folder.mkdir(exist_ok=True)
    config = folder / "default.vcl"
    config.write_text(
        f'vcl 4.1;\nbackend default {{ .host = "127.0.0.1"; .port = "{backend}"; }}\n{vcl}'
    )
    command = [
        *(program, "-F", "-j", "none", "-a", f"127.0.0.1:{port}"),
        *("-f", str(config), "-n", str(folder / "work")),
        *("-s", "malloc,16m", "-p", "thread_pools=1", "-p", "thread_pool_min=10"),
    ]
    with running(command, folder / "log", port=port):
        yield port

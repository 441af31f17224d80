"""What is likely to blame, by check, and by who answered: a table, from how these are set up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hiss.verify.caches import who_answers

if TYPE_CHECKING:
    from hiss.verify.messages import Answer

# Check to who answers to the likely cause; the empty one is for all others.
_CAUSES: Final[dict[str, dict[str, str]]] = {
    "V001": {
        "": "The application fails, or is not where this URL leads: see its log; "
        "400 is ALLOWED_HOSTS, 502 and 504 a proxy without the application behind.",
    },
    "V002": {
        "": "STATIC_URL, or a template, says http://; or Django does not know that the visitor "
        "came over HTTPS: set SECURE_PROXY_SSL_HEADER as the proxy sends it.",
    },
    "V003": {
        "": "The page is older than the process: it comes out of a cache, or of a process that "
        "was not restarted. Do not let the CDN keep pages over a deploy.",
        "Cloudflare": "A cache rule keeps HTML: exclude pages from it, or purge them on deploy.",
        "Varnish": "The VCL keeps pages: ban or purge them on deploy.",
    },
    "V004": {
        "": "The release was switched, and the application was not restarted; or HISS_RELEASE or "
        "RELEASE_FILE pins it.",
    },
    "V005": {
        "": "The server does not see the kept releases: files were deleted by hand or by a "
        "collectstatic --clear, or each deploy has a folder of its own (`hiss release adopt`).",
    },
    "V006": {
        "": "The settings that the server runs with say DEBUG = True: production's must not "
        "(`hiss doctor --deploy` says what else they need).",
    },
    "V007": {
        "": "--prefix says what static files are below: STATIC_URL's path, or its URL where they "
        "are at a CDN. Or these pages need none: name one that does, hiss verify URL PAGE.",
    },
    "V010": {
        "": "collectstatic did not run, ran into another folder, or the file is no longer built. "
        "With Hiss or WhiteNoise: is the middleware there, and STATIC_ROOT the folder?",
        "nginx": "`location /static/` needs `alias /path/to/STATIC_ROOT/;`, both with a slash at "
        "the end; with `root` the location is a part of the path. 403: nginx may not read there.",
        "Apache": "Alias leads elsewhere, or its folder lacks `Require all granted`.",
        "Amazon S3": "The object was not uploaded, or, at 403, is not public; without ListBucket "
        "S3 says 403 of what is not there.",
        "Caddy": "`root` of file_server is not the folder; `handle_path` strips the prefix, "
        "`handle` does not.",
    },
    "V011": {
        "": "A catch-all for single pages answers for what is not there. Static files must not "
        "fall through to it.",
        "nginx": "`try_files … /index.html` answers for the prefix: give /static/ a location of "
        "its own, with `try_files $uri =404;`.",
        "Caddy": "`try_files {path} /index.html` answers for the prefix: handle /static/* before.",
        "Netlify": "The rule `/* /index.html 200` answers for the prefix.",
        "CloudFront": "A custom error response turns 403 or 404 into /index.html, 200.",
    },
    "V012": {
        "": "The server's table of types does not know the extension.",
        "nginx": "`include mime.types;` is missing, or it lacks the extension (Debian's has no "
        ".mjs, .wasm before 1.22): add it in a `types` block, with the include beside it.",
        "Amazon S3": "Content-Type is kept with the object: upload it again, with --content-type.",
        "Apache": "`AddType text/javascript .js .mjs` is missing.",
    },
    "V013": {
        "": "Hiss sends it. Another server must be told.",
        "nginx": '`add_header X-Content-Type-Options "nosniff" always;` in the same block as its '
        "other add_header: one block's take the place of all outside it.",
        "Caddy": "`header /static/* X-Content-Type-Options nosniff`",
        "Apache": "`Header set X-Content-Type-Options nosniff`",
    },
    "V014": {
        "": "A rule that is meant for pages redirects files: to HTTPS, to a login, or with a "
        "slash at the end. Name files by the URL that they answer at.",
    },
    "V020": {
        "": "The file was changed after it was built, or something rewrites it on its way.",
        "Cloudflare": "Auto Minify, Rocket Loader or Email Obfuscation rewrites it: switch them "
        "off for the prefix, or purge what was kept from a deploy that went wrong.",
    },
    "V021": {
        "": "Another build is live, or a cache has the former one; or the file was changed after "
        "it was built.",
        "Cloudflare": "It keeps an older one: purge what is not hashed on each deploy.",
        "Varnish": "It keeps an older one: ban what is not hashed on each deploy.",
    },
    "V022": {
        "": "The attribute was written by hand, or before the file was built; or the file is "
        "rewritten on its way. `{% asset %}` writes it from the manifest.",
    },
    "V023": {
        "": "The process behind ended, or timed out, while it sent; or the file changed on disk "
        "and its former length is announced.",
        "nginx": "proxy_max_temp_file_size, a full disk, or proxy_read_timeout: see its error log.",
    },
    "V030": {
        "": "A compressed file beside the original is of another build: build both anew, and "
        "delete those that nothing builds.",
        "nginx": "gzip_static or brotli_static sends a .gz or .br that is older than the file.",
    },
    "V031": {
        "": "A cache keeps one coding for all (there was no Vary, or it does not heed it), or "
        "files were compressed in place and are sent so to everybody.",
        "Amazon S3": "The object itself is compressed: S3 does not negotiate; leave the codings "
        "to the CDN.",
        "CloudFront": "The cache policy lacks EnableAcceptEncodingGzip and …Brotli.",
        "nginx": "`gzip_static always;` sends the .gz to everybody: say `on`. With proxy_cache: "
        "what was kept had no Vary.",
        "Varnish": "The VCL removes Vary, or Accept-Encoding before the hash.",
    },
    "V032": {
        "": "What compresses does not say so.",
        "nginx": "`gzip_vary on;` is missing: it is off by default. A brotli module goes by it, "
        "too.",
        "Apache": "mod_deflate adds it; something unsets it after.",
    },
    "V033": {
        "": "Files were compressed before they were uploaded, and Content-Encoding was not set.",
        "Amazon S3": "Upload it with --content-encoding gzip, or as it is.",
    },
    "V034": {
        "": "Both the application and a server in front compress; the second must leave alone "
        "what has a Content-Encoding. With Django: GZipMiddleware stands above Hiss.",
        "nginx": "The file on disk is compressed already, and has a .gz beside it, or `gzip` "
        "works on it.",
    },
    "V035": {
        "": "Nothing compresses it: with Hiss, build it with its variants; elsewhere switch "
        "compression on for its type.",
        "nginx": "`gzip on;` compresses text/html alone: gzip_types must name the rest, and "
        "gzip_proxied what comes from behind. Or gzip_static, with what the build has made.",
        "Caddy": "`encode zstd gzip` or `precompressed br zstd gzip` is missing.",
    },
    "V040": {
        "": "A rule gives it to all files, or to pages, by their folder or extension: only what "
        "a build named by its content may be kept for so long.",
        "nginx": "`add_header Cache-Control … immutable` or `expires max` stands for the whole "
        "location: make it depend on the name, by a map of $uri (docs/verify.md).",
        "Cloudflare": "Browser Cache TTL or a cache rule overrides what the origin says.",
    },
    "V041": {
        "": "The server does not know that it is hashed. Hiss takes it from its manifest, and "
        "needs that beside the files.",
        "nginx": "An `expires` and an `add_header Cache-Control` that depend on the name, by a "
        "map of $uri (docs/verify.md).",
        "Cloudflare": "Browser Cache TTL overrides what the origin says: Respect Existing Headers.",
        "Amazon S3": "Cache-Control is kept with the object: upload it again, with it.",
    },
    "V042": {
        "": "Two rules each add theirs.",
        "nginx": "`expires` writes a max-age of its own beside that of add_header, and "
        "add_header leaves alone what comes from behind: proxy_hide_header Cache-Control.",
    },
    "V043": {
        "": "A middleware touches the session for static files: Hiss belongs right after "
        "SecurityMiddleware, above those.",
    },
    "V050": {
        "": "The server makes none, or a filter drops it.",
        "nginx": "`etag off;`, or a filter that changes the body (sub_filter, SSI).",
        "Apache": "`FileETag None`",
    },
    "V051": {
        "": "Tags are made of time and size of the original alone, as WhiteNoise does.",
    },
    "V052": {
        "": "Each process, or each machine, makes another tag: of its time zone, inode or "
        "the moment of the deploy. Or If-None-Match does not come through.",
        "Apache": "`mod_deflate` adds -gzip to the tag and does not know it again "
        "(DeflateAlterETag); FileETag with INode differs by machine.",
        "nginx": "proxy_cache without proxy_cache_revalidate, or several machines whose files "
        "have other times.",
    },
    "V053": {
        "": "The server compares tags to the letter (RFC 9110, 13.1.2 has it compare weakly): "
        "behind a CDN that compresses no visitor is ever told 304.",
    },
    "V054": {
        "": "What sends it makes weak ones, or a filter that may change the body weakens them.",
        "Cloudflare": "It weakens tags where it may rewrite: Auto Minify, Polish, Rocket Loader.",
    },
    "V055": {
        "": "The server leaves fields out of its 304.",
        "nginx": "add_header without `always` does count for 304; a `location` of its own may not.",
    },
    "V060": {
        "": "The server, or what is between, does not send parts.",
        "nginx": "proxy_cache without `slice` may drop Range; or `max_ranges 0;`.",
    },
    "V061": {"": "What sends the parts, or keeps them, is wrong: a cache in between may be."},
    "V062": {
        "": "The server does not heed If-Range: a download that is resumed after a deploy is "
        "spoilt.",
    },
    "V063": {"": "HEAD is answered by other code, or out of another cache, than GET."},
    "V064": {"": "The application answers HEAD as it does GET, and the server lets it."},
    "V070": {
        "": "The host of the files must allow the pages': Hiss sends `*` (ALLOW_ALL_ORIGINS).",
        "nginx": "`add_header Access-Control-Allow-Origin *;` in the same block as its other "
        "add_header.",
        "Amazon S3": "The bucket has no CORS rule; and its CDN must pass Origin on.",
        "CloudFront": "The response headers policy has no CORS, or Origin is not passed on.",
    },
    "V071": {"": "The server repeats the Origin: say `*`, or Vary: Origin."},
    "V072": {"": "Send Cross-Origin-Resource-Policy: cross-origin, as Hiss does."},
    "V080": {
        "": "What is not there falls through to the application, or to a catch-all.",
        "nginx": "`try_files $uri =404;` in the location of the prefix; `error_page 404` must "
        "not set another status (`=200`).",
        "Amazon S3": "Without ListBucket S3 says 403 of what is not there.",
    },
    "V081": {
        "": "Say no-store with each 404 of the prefix, as Hiss does.",
        "nginx": "`proxy_cache_valid 404 …` or `any` keeps it, or `expires` with `always` says "
        "so: name 200 alone.",
        "Varnish": "default_ttl counts for a 404 that says nothing: in vcl_backend_response set "
        "beresp.uncacheable where beresp.status is 404.",
        "CloudFront": "Error caching minimum TTL: set it to 0 for 404.",
        "Cloudflare": "Cache TTL by status code: set 404 to no-store.",
        "Fastly": "It keeps 404 for the TTL by default: set beresp.cacheable to false.",
    },
    "V082": {
        "": "Switch the listing off.",
        "nginx": "`autoindex off;`",
        "Apache": "`Options -Indexes`",
        "Caddy": "`file_server` without `browse`.",
    },
    "V090": {
        "": "A rule in front takes the prefix, or some extensions of it, before Hiss is asked.",
        "nginx": "A `location /static/`, or a `location ~ \\.(css|js)$` left over from before, "
        "answers from disk: delete it, and let proxy_pass have it.",
    },
    "V091": {
        "": "A rule, a cookie or the query keeps the cache from keeping it.",
        "Cloudflare": "DYNAMIC: its extension is none that is kept by default, or a cache rule "
        "says bypass.",
        "Varnish": "The VCL passes it: builtin.vcl does so for requests with Cookie or "
        "Authorization.",
        "CloudFront": "The cache policy's maximum TTL is 0 (CachingDisabled).",
        "nginx": "proxy_cache_valid or proxy_no_cache leaves it out; a Vary or Set-Cookie from "
        "behind does, too.",
    },
}


def find_cause(key: str, answer: Answer | None) -> str:
    """The likely cause of what a check found in an answer."""
    causes = _CAUSES.get(key, {})
    for who in who_answers(answer) if answer else ():
        if who in causes:
            return causes[who]
    return causes.get("", "")

"""`hiss/reload.js` in a real browser: one reload for what has expired, none for anything else."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

import hiss
from harness.servers import serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SCRIPT = Path(hiss.__file__).parent / "django/static/hiss/reload.js"
RELOAD = "/static/hiss/reload.0123456789ab.js"
TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
FILES = {
    RELOAD: SCRIPT.read_bytes(),
    "/static/new.css": b"body { background: rgb(1, 2, 3) }",
    "/static/new.js": b"document.title = 'whole'",
    # Of the release before, and still there; what it imports has expired.
    "/static/kept.js": b"import './gone.js'",
    "/static/mapped.js": b"import 'mapped'",
    "/static/fine.js": b"",
    "/static/icon.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
}

# How a page can miss what has expired. The page that names nothing of it is NEW.
OLD = {
    "style sheet": '<link rel="stylesheet" href="/static/gone.css">',
    "script": '<script src="/static/gone.js"></script>',
    "module": '<script type="module" src="/static/gone.js"></script>',
    "what a module imports": '<script type="module" src="/static/kept.js"></script>',
    "what an inline module imports": '<script type="module">import "/static/gone.js"</script>',
    "what the import map names": '<script type="importmap">{"imports":{"mapped":"/static/gone.js"}}'
    '</script><script type="module" src="/static/mapped.js"></script>',
    "preloaded module": '<link rel="modulepreload" href="/static/gone.js">',
    "what a script adds": "<script>document.head.append(Object.assign("
    "document.createElement('link'), {rel: 'stylesheet', href: '/static/gone.css'}))</script>",
    "late module": '<script>import("/static/gone.js")</script>',
    "what a late module imports": '<script>import("/static/kept.js")</script>',
}
NEW = '<link rel="stylesheet" href="/static/new.css"><script src="/static/new.js"></script>'
PAGE = (
    '<!doctype html><title>-</title><link rel="icon" href="/static/icon.svg">{script}{head}'
    "<body><input>"
)

# As if the page had been open for long when something failed in it.
LONG_OPEN = "Object.defineProperty(Event.prototype, 'timeStamp', {get: () => 1e6})"


class Site:
    """Pages and static files, which a test changes as a deploy would; notes what is asked for."""

    def __init__(self):
        self.url = ""
        self.files = dict(FILES)
        #: By path: what its documents have in their head, one after the other; the last one stays.
        self.pages = {}
        self.headers = []
        self.script = f'<script src="{RELOAD}"></script>'
        #: The status of what is missing.
        self.missing = "404 Not Found"
        self.asked = Counter()

    def __call__(self, environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self.asked[method, path] += 1
        headers = [("Access-Control-Allow-Origin", "*")]
        fresh = [("Cache-Control", "no-store"), *headers]
        if path in self.pages:
            heads = self.pages[path]
            head = heads.pop(0) if len(heads) > 1 else heads[0]
            start_response("200 OK", [*fresh, *self.headers, ("Content-Type", "text/html")])
            return [PAGE.format(script=self.script, head=head).encode()]
        if path not in self.files:
            start_response(self.missing, [*fresh, ("Content-Type", "text/plain")])
            return [b"missing"]
        media_type = TYPES[path.rpartition(".")[2]]
        immutable = ("Cache-Control", "max-age=31536000, immutable")
        start_response("200 OK", [immutable, *headers, ("Content-Type", media_type)])
        return [self.files[path]] if method == "GET" else []

    def loads(self, path="/"):
        """How many times a page was loaded."""
        return self.asked["GET", path]

    def checks(self):
        """What was asked for without its body."""
        return [path for method, path in self.asked if method == "HEAD"]


@pytest.fixture
def start():
    """Starts a site; whoever asks twice has two origins."""
    with ExitStack() as stack:

        def begin():
            site = Site()
            site.url = stack.enter_context(serving(site))
            return site

        yield begin


@pytest.fixture
def site(start):
    """A site."""
    return start()


@pytest.fixture
def visit(browser):
    """A tab of a browser that was never there, and what it complained of."""
    context = browser.new_context()
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield SimpleNamespace(context=context, page=page, complaints=complaints)
    context.close()


def settle(page):
    """Wait until the page has nothing under way, and would have been reloaded if it is to be."""
    page.wait_for_timeout(400)
    page.wait_for_load_state("networkidle")


def click(page, script):
    """Have the page do what a click would, and not wait for what it does."""
    page.evaluate(f"() => {{ setTimeout(() => {{ {script} }}) }}")
    settle(page)


@pytest.mark.parametrize("head", OLD.values(), ids=OLD)
def test_page_of_an_expired_release_is_reloaded_once(site, visit, head):
    """A page whose file is gone is loaded anew, and is the new one."""
    site.pages["/"] = [head, NEW]
    visit.page.goto(f"{site.url}/")
    settle(visit.page)
    assert site.loads() == 2
    assert visit.page.title() == "whole"
    background = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(1, 2, 3)"


@pytest.mark.parametrize("head", OLD.values(), ids=OLD)
def test_page_that_stays_broken_is_reloaded_once(site, visit, head):
    """There is no loop, and no second try from another page that misses the same."""
    site.pages = {"/": [head], "/other": [head]}
    visit.page.goto(f"{site.url}/")
    settle(visit.page)
    visit.page.goto(f"{site.url}/other")
    settle(visit.page)
    assert (site.loads("/"), site.loads("/other")) == (2, 1)


def test_another_tab_has_its_own_reload(site, visit):
    """What one tab has tried is no reason for another to stay broken."""
    site.pages["/"] = [OLD["style sheet"]]
    visit.page.goto(f"{site.url}/")
    settle(visit.page)
    other = visit.context.new_page()
    other.goto(f"{site.url}/")
    settle(other)
    assert site.loads() == 4


def test_page_that_forgets_is_reloaded_once(site, visit):
    """A page that empties the session's storage as it loads is in no loop either."""
    site.pages["/"] = ["<script>sessionStorage.clear()</script>" + OLD["style sheet"]]
    visit.page.goto(f"{site.url}/")
    settle(visit.page)
    assert site.loads() == 2


LATE = {
    # What Chromium says.
    "import": "import('/static/gone.js')",
    "import that loads a script": "document.head.append(Object.assign("
    "document.createElement('script'), {src: '/static/gone.js'}))",
    # What Firefox says.
    "Firefox": "Promise.reject(new TypeError('error loading dynamically imported module: '"
    " + location.origin + '/static/gone.js'))",
    # What Safari says; that the release has expired shows in what has been loaded of it before.
    "Safari": "Promise.reject(new TypeError('Importing a module script failed.'))",
}


@pytest.mark.parametrize("script", LATE.values(), ids=LATE)
def test_late_module_reloads_the_page_once(site, visit, script):
    """A module that a click needs, after its release has expired: the page is loaded anew, once."""
    site.pages["/"] = ['<script src="/static/fine.js"></script>']
    visit.page.goto(f"{site.url}/")
    settle(visit.page)
    assert site.loads() == 1

    del site.files["/static/fine.js"]
    site.pages["/"] = [NEW]
    click(visit.page, script)
    assert site.loads() == 2
    assert visit.page.title() == "whole"

    click(visit.page, script)
    assert site.loads() == 2


def test_late_modules_do_not_take_turns(site, visit):
    """Two that are gone reload the page once each, however often they are wanted, and whenever."""
    site.pages["/"] = [""]
    visit.page.add_init_script(LONG_OPEN)
    visit.page.goto(f"{site.url}/")
    for name in ("one", "two", "one", "two", "one"):
        click(visit.page, f"import('/static/{name}.js')")
    assert site.loads() == 3


def test_two_at_once_are_one_reload(site, visit):
    """A page that misses two files is loaded anew once, and stays what it then is."""
    head = OLD["style sheet"] + OLD["module"]
    site.pages["/"] = [head]
    visit.page.goto(f"{site.url}/")
    settle(visit.page)
    assert site.loads() == 2


def test_second_after_the_reload_is_no_reason(site, visit):
    """A page that misses one file, and after its reload another, is not loaded a third time."""
    site.pages["/"] = [OLD["style sheet"], OLD["module"]]
    visit.page.goto(f"{site.url}/")
    settle(visit.page)
    assert site.loads() == 2


def test_page_from_the_history_is_reloaded(site, visit):
    """Going back to a page of an expired release is no reload: it gets its own."""
    site.pages = {"/": ["", OLD["style sheet"], NEW], "/other": [""]}
    for path in ("/", "/other"):
        visit.page.goto(f"{site.url}{path}")
    visit.page.go_back()
    settle(visit.page)
    assert site.loads() == 3
    assert visit.page.title() == "whole"


def test_address_with_a_fragment_is_reloaded(site, visit):
    """A page that was opened at one of its parts is loaded anew, and opens there."""
    site.pages["/"] = [OLD["style sheet"], NEW]
    visit.page.goto(f"{site.url}/#part")
    settle(visit.page)
    assert site.loads() == 2
    assert visit.page.url == f"{site.url}/#part"


ABORTED = ["style sheet", "script", "module", "what a module imports", "late module"]


@pytest.mark.parametrize("name", ABORTED)
def test_blocked_file_is_no_reason(site, visit, name):
    """What an extension or the network keeps from the page is not gone."""
    site.pages["/"] = [OLD[name]]
    visit.page.route("**/static/gone.*", lambda route: route.abort())
    visit.page.goto(f"{site.url}/")
    settle(visit.page)
    assert site.loads() == 1


@pytest.mark.parametrize("head", [NEW, '<script type="module" src="/static/new.js"></script>'])
def test_file_that_is_blocked_and_there_is_no_reason(site, visit, head):
    """What is kept from the page as a script or style sheet, and can be asked about."""
    kept = {"script", "stylesheet"}
    visit.page.route(
        "**/static/new.*",
        lambda route: route.abort() if route.request.resource_type in kept else route.continue_(),
    )
    site.pages["/"] = [head]
    visit.page.goto(f"{site.url}/")
    settle(visit.page)
    assert site.loads() == 1
    assert set(site.checks()) > {"/static/new.js"}


def test_lost_network_is_no_reason(site, visit):
    """Without a network, what fails is not gone, and the page stays."""
    site.pages["/"] = ["<script src='/static/fine.js'></script>"]
    visit.page.goto(f"{site.url}/")
    settle(visit.page)
    visit.context.set_offline(True)
    click(visit.page, "import('/static/gone.js')")
    visit.context.set_offline(False)
    assert site.loads() == 1
    assert visit.page.evaluate("document.body !== null")


@pytest.mark.parametrize("status", ["500 Internal Server Error", "503 Service Unavailable"])
def test_server_in_trouble_is_no_reason(site, visit, status):
    """A server that fails to answer has not said that the file is gone."""
    site.missing = status
    site.pages["/"] = [OLD["style sheet"] + OLD["late module"]]
    visit.page.goto(f"{site.url}/")
    settle(visit.page)
    assert site.loads() == 1
    assert site.checks()


REFUSED = {
    "integrity": '<script src="/static/fine.js" integrity="sha384-AAAA" crossorigin></script>',
    "type": '<link rel="stylesheet" href="/static/fine.js">'
    '<script type="module">import "/static/new.css"</script>',
    "syntax": '<script type="module" src="/static/wrong.js"></script>',
    "error": "<script>throw new Error('module script')</script>",
    "rejection": "<script>Promise.reject(new Error('not a module: x')); Promise.reject()</script>",
    "image": '<img src="/static/gone.svg"><link rel="icon" href="/static/gone.svg">',
    "image by the name of a script": '<img src="/static/gone.js">',
}


@pytest.mark.parametrize("head", REFUSED.values(), ids=REFUSED)
def test_what_fails_and_is_there_is_no_reason(site, visit, head):
    """Scripts that are wrong, or refused, and what is no script and no style sheet."""
    site.files["/static/wrong.js"] = b"let = = 1"
    site.pages["/"] = [head]
    visit.page.goto(f"{site.url}/")
    settle(visit.page)
    assert site.loads() == 1


def test_files_of_others_are_none_of_its_business(site, start, visit):
    """What is gone elsewhere, or from this site and is not static, is not even asked for."""
    other = start()
    site.pages["/"] = [
        f'<script src="{other.url}/static/gone.js"></script><script src="/gone.js"></script>'
        f'<link rel="stylesheet" href="{other.url}/gone.css">'
        f'<script>import("{other.url}/static/gone.mjs")</script>'
    ]
    visit.page.goto(f"{site.url}/")
    settle(visit.page)
    assert site.loads() == 1
    assert other.asked["GET", "/static/gone.js"] == 1
    assert site.checks() == other.checks() == []


def test_files_of_others_are_not_asked_for_with_its_own(site, start, visit):
    """Where a static file fails and is there, its fellows are asked for, and nobody else's."""
    other = start()
    site.pages["/"] = [
        f'<script src="{other.url}/static/gone.js"></script><script src="/gone.js"></script>'
        + REFUSED["integrity"]
    ]
    visit.page.goto(f"{site.url}/")
    settle(visit.page)
    assert site.loads() == 1
    assert sorted(site.checks()) == ["/static/fine.js", RELOAD]
    assert other.checks() == []


def test_static_files_may_be_of_another_origin(site, start, visit):
    """With the script on a CDN, it is the CDN's files that it watches."""
    cdn = start()
    site.script = f'<script src="{cdn.url}{RELOAD}"></script>'
    gone = f'<link rel="stylesheet" href="{cdn.url}/static/gone.css" crossorigin="anonymous">'
    site.pages["/"] = [OLD["script"] + gone, NEW]
    visit.page.goto(f"{site.url}/")
    settle(visit.page)
    assert site.loads() == 2
    assert cdn.checks() == ["/static/gone.css"]
    assert site.checks() == []


@pytest.mark.parametrize("name", ["style sheet", "module", "what a module imports"])
def test_strict_policy(site, visit, name):
    """A policy of `default-src 'self'` has nothing to say against it."""
    site.headers = [("Content-Security-Policy", "default-src 'self'")]
    site.pages["/"] = [OLD[name], NEW]
    visit.page.goto(f"{site.url}/")
    settle(visit.page)
    assert site.loads() == 2
    assert visit.page.title() == "whole"
    assert not [text for text in visit.complaints if "404 (Not Found)" not in text]


def test_what_was_typed_is_kept(site, visit):
    """Once something was typed into the page, it is not reloaded."""
    site.pages["/"] = [""]
    visit.page.goto(f"{site.url}/")
    visit.page.locator("input").press_sequentially("a letter")
    click(visit.page, "import('/static/gone.js')")
    assert site.loads() == 1
    assert visit.page.locator("input").input_value() == "a letter"


STORAGE = {
    "forbidden": "Object.defineProperty(window, 'sessionStorage', "
    "{get() { throw new DOMException('no', 'SecurityError') }})",
    "full": "for (let n = 1 << 23; n >= 1; n >>= 1)"
    " try { sessionStorage['full' + n] = 'x'.repeat(n) } catch {}",
}


@pytest.mark.parametrize("script", STORAGE.values(), ids=STORAGE)
def test_who_cannot_remember_does_not_reload(site, visit, script):
    """Without the session's storage there is no reload, and no complaint for it."""
    visit.page.add_init_script(script)
    site.pages["/"] = [OLD["style sheet"]]
    visit.page.goto(f"{site.url}/")
    settle(visit.page)
    assert site.loads() == 1
    assert not [text for text in visit.complaints if "404 (Not Found)" not in text]


def test_page_that_is_whole_is_left_alone(site, visit):
    """Nothing is asked for, remembered or complained of, and no global is left behind."""
    site.pages["/"] = [NEW]
    names = "Object.getOwnPropertyNames(window).sort()"
    script, site.script = site.script, ""
    visit.page.goto(f"{site.url}/")
    bare = visit.page.evaluate(names)
    site.script = script
    visit.page.goto(f"{site.url}/")
    settle(visit.page)
    assert site.loads() == 2
    assert site.checks() == []
    assert visit.page.evaluate("sessionStorage.length") == 0
    assert visit.page.evaluate("[typeof base, typeof stay, typeof look]") == ["undefined"] * 3
    assert visit.page.evaluate(names) == bare
    assert visit.complaints == []

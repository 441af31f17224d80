// Hiss: reloads once when a script or style sheet is gone.
{
	let stay, [base] = document.currentScript.src.split("hiss/reload");

	const look = async ({ reason, timeStamp, target: { localName, rel, src, href } }) => {
		try {
			const [what = rel || localName, url = src || href || base] =
				/module: (.*)|module script/.exec(reason) || [];
			if (!/script|style|module/.test(what) || !url.startsWith(base)) return;
			if (timeStamp < 1e4 && performance.navigation.type == 1) return;
			for (const { name } of [{ name: url }, ...performance.getEntries().reverse()])
				if (
					name.startsWith(base) && /[sj]s$/.test(name) && !sessionStorage[name] &&
					(await fetch(name, { method: "HEAD", cache: "no-store" })).status == 404 && !stay
				) {
					sessionStorage[name] = stay = "hiss-reload";
					return location.reload();
				}
		} catch {}
	};

	addEventListener("input", () => (stay = 1), true);
	addEventListener("error", look, true);
	addEventListener("unhandledrejection", look);
}

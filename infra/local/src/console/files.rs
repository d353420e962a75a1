//! What the console is made of. A test holds this list against the folder.

const CSS: &str = "text/css; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const TEXT: &str = "text/plain; charset=utf-8";

/// A file as it is sent.
pub(super) struct File {
    /// Its path below `infra/console`.
    pub(super) name: &'static str,
    /// Its content type.
    pub(super) kind: &'static str,
    pub(super) bytes: &'static [u8],
}

const fn file(name: &'static str, kind: &'static str, bytes: &'static [u8]) -> File {
    File { name, kind, bytes }
}

/// By name.
pub(super) const FILES: &[File] = &[
    file(
        "app/api.js",
        JS,
        include_bytes!("../../../console/app/api.js"),
    ),
    file(
        "app/camera.js",
        JS,
        include_bytes!("../../../console/app/camera.js"),
    ),
    file(
        "app/coupon.js",
        JS,
        include_bytes!("../../../console/app/coupon.js"),
    ),
    file(
        "app/csv.js",
        JS,
        include_bytes!("../../../console/app/csv.js"),
    ),
    file(
        "app/desk.js",
        JS,
        include_bytes!("../../../console/app/desk.js"),
    ),
    file(
        "app/dose.js",
        JS,
        include_bytes!("../../../console/app/dose.js"),
    ),
    file(
        "app/main.js",
        JS,
        include_bytes!("../../../console/app/main.js"),
    ),
    file(
        "app/pages/camera.js",
        JS,
        include_bytes!("../../../console/app/pages/camera.js"),
    ),
    file(
        "app/pages/change.js",
        JS,
        include_bytes!("../../../console/app/pages/change.js"),
    ),
    file(
        "app/pages/check.js",
        JS,
        include_bytes!("../../../console/app/pages/check.js"),
    ),
    file(
        "app/pages/checks.js",
        JS,
        include_bytes!("../../../console/app/pages/checks.js"),
    ),
    file(
        "app/pages/doses.js",
        JS,
        include_bytes!("../../../console/app/pages/doses.js"),
    ),
    file(
        "app/pages/entries.js",
        JS,
        include_bytes!("../../../console/app/pages/entries.js"),
    ),
    file(
        "app/pages/exports.js",
        JS,
        include_bytes!("../../../console/app/pages/exports.js"),
    ),
    file(
        "app/pages/file.js",
        JS,
        include_bytes!("../../../console/app/pages/file.js"),
    ),
    file(
        "app/pages/files.js",
        JS,
        include_bytes!("../../../console/app/pages/files.js"),
    ),
    file(
        "app/pages/refused.js",
        JS,
        include_bytes!("../../../console/app/pages/refused.js"),
    ),
    file(
        "app/pages/resident.js",
        JS,
        include_bytes!("../../../console/app/pages/resident.js"),
    ),
    file(
        "app/pages/residents.js",
        JS,
        include_bytes!("../../../console/app/pages/residents.js"),
    ),
    file(
        "app/pages/start.js",
        JS,
        include_bytes!("../../../console/app/pages/start.js"),
    ),
    file(
        "app/pages/timeline.js",
        JS,
        include_bytes!("../../../console/app/pages/timeline.js"),
    ),
    file(
        "app/queue.js",
        JS,
        include_bytes!("../../../console/app/queue.js"),
    ),
    file(
        "app/router.js",
        JS,
        include_bytes!("../../../console/app/router.js"),
    ),
    file(
        "app/rows.js",
        JS,
        include_bytes!("../../../console/app/rows.js"),
    ),
    file(
        "app/sign-in.js",
        JS,
        include_bytes!("../../../console/app/sign-in.js"),
    ),
    file(
        "app/sounds.js",
        JS,
        include_bytes!("../../../console/app/sounds.js"),
    ),
    file(
        "app/texts/en.js",
        JS,
        include_bytes!("../../../console/app/texts/en.js"),
    ),
    file(
        "app/texts/ja.js",
        JS,
        include_bytes!("../../../console/app/texts/ja.js"),
    ),
    file(
        "app/ui.js",
        JS,
        include_bytes!("../../../console/app/ui.js"),
    ),
    file(
        "app/uploads.js",
        JS,
        include_bytes!("../../../console/app/uploads.js"),
    ),
    file(
        "app/vaccines.js",
        JS,
        include_bytes!("../../../console/app/vaccines.js"),
    ),
    file(
        "app/words.js",
        JS,
        include_bytes!("../../../console/app/words.js"),
    ),
    file("icon.svg", SVG, include_bytes!("../../../console/icon.svg")),
    file(
        "index.html",
        HTML,
        include_bytes!("../../../console/index.html"),
    ),
    file(
        "style.css",
        CSS,
        include_bytes!("../../../console/style.css"),
    ),
    file(
        "vendor/LICENSES.txt",
        TEXT,
        include_bytes!("../../../console/vendor/LICENSES.txt"),
    ),
    file(
        "vendor/jsqr.js",
        JS,
        include_bytes!("../../../console/vendor/jsqr.js"),
    ),
    file(
        "vendor/preact.js",
        JS,
        include_bytes!("../../../console/vendor/preact.js"),
    ),
    file(
        "vendor/tokens.css",
        CSS,
        include_bytes!("../../../console/vendor/tokens.css"),
    ),
];

//! Everyday install scripts: those that build or download a native part, and those that set up a tool.
//!
//! Reporting them would drown the few that deserve a look.

/// Packages that have run a script at installation for years. A hijacked version of one is found by its version.
const PACKAGES: [&str; 106] = [
    "@apollo/protobufjs",
    "@biomejs/biome",
    "@bufbuild/buf",
    "@datadog/native-appsec",
    "@datadog/pprof",
    "@fortawesome/fontawesome-free",
    "@mongodb-js/zstd",
    "@nestjs/core",
    "@newrelic/native-metrics",
    "@parcel/watcher",
    "@percy/core",
    "@prisma/client",
    "@prisma/engines",
    "@scarf/scarf",
    "@sentry/cli",
    "@serialport/bindings-cpp",
    "@swc/core",
    "@tailwindcss/oxide",
    "@vscode/ripgrep",
    "argon2",
    "aws-crt",
    "bcrypt",
    "better-sqlite3",
    "bufferutil",
    "bun",
    "canvas",
    "chromedriver",
    "classic-level",
    "core-js",
    "core-js-bundle",
    "core-js-pure",
    "cpu-features",
    "cwebp-bin",
    "cypress",
    "dd-trace",
    "deasync",
    "deno",
    "dprint",
    "dtrace-provider",
    "edgedriver",
    "electron",
    "es5-ext",
    "esbuild",
    "farmhash",
    "ffmpeg-static",
    "ffprobe-static",
    "fsevents",
    "geckodriver",
    "gifsicle",
    "grpc",
    "grpc-tools",
    "hiredis",
    "husky",
    "ibm_db",
    "iconv",
    "iltorb",
    "isolated-vm",
    "jpegtran-bin",
    "keccak",
    "kerberos",
    "keytar",
    "lefthook",
    "leveldown",
    "libpq",
    "libxmljs2",
    "lmdb",
    "microtime",
    "mongodb-client-encryption",
    "mongodb-memory-server",
    "mozjpeg",
    "msgpackr-extract",
    "msw",
    "node-hid",
    "node-pty",
    "node-sass",
    "nx",
    "optipng-bin",
    "oracledb",
    "phantomjs-prebuilt",
    "playwright",
    "playwright-chromium",
    "playwright-firefox",
    "playwright-webkit",
    "pngquant-bin",
    "prisma",
    "protobufjs",
    "puppeteer",
    "re2",
    "robotjs",
    "secp256k1",
    "segfault-handler",
    "sharp",
    "simple-git-hooks",
    "snappy",
    "snyk",
    "sodium-native",
    "spawn-sync",
    "sqlite3",
    "ssh2",
    "styled-components",
    "tree-sitter",
    "unrs-resolver",
    "usb",
    "utf-8-validate",
    "vue-demi",
    "workerd",
];

/// Commands in a project's scripts that set up a tool and run no code of the project.
const COMMANDS: [&str; 33] = [
    "astro sync",
    "electron-builder install-app-deps",
    "exit 0",
    "fumadocs-mdx",
    "husky",
    "husky install",
    "is-ci",
    "lefthook install",
    "next typegen",
    "ngcc",
    "nuxi prepare",
    "nuxt prepare",
    "nuxt-module-build prepare",
    "opencollective postinstall",
    "panda codegen",
    "patch-package",
    "pinst --disable",
    "pinst --enable",
    "playwright install",
    "playwright install --with-deps",
    "playwright install chromium",
    "pre-commit install",
    "prek install",
    "prisma generate",
    "shield-hook install",
    "simple-git-hooks",
    "svelte-kit sync",
    "true",
    "ts-patch install",
    "ts-patch install -s",
    "vue-demi",
    "wxt prepare",
    "yarn-deduplicate",
];

/// Returns whether a package is known to run a script when it is installed.
pub fn is_known_package(name: &str) -> bool {
    PACKAGES.contains(&name)
}

/// Returns whether a command consists of known ones only: `is-ci || husky install`, `npx playwright install; exit 0`.
pub fn is_known_command(command: &str) -> bool {
    let mut parts = command.split(['&', '|', ';']).map(str::trim).filter(|part| !part.is_empty()).peekable();
    parts.peek().is_some()
        && parts.all(|part| {
            let runners = ["npx ", "pnpm exec ", "pnpm ", "yarn run ", "yarn ", "bunx ", "npm exec ", "-- "];
            let bare = runners.iter().fold(part, |part, runner| part.strip_prefix(runner).unwrap_or(part).trim());
            COMMANDS.contains(&bare) || COMMANDS.contains(&part)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_commands_are_known() {
        for known in
            ["husky", "husky install", "is-ci || husky install", "npx playwright install; exit 0", "husky || true"]
        {
            assert!(is_known_command(known), "{known}");
        }
        for other in [
            "",
            "husky && node x.js",
            "node husky",
            "husky install\nnode x.js",
            "npx husky-setup",
            "$(curl x) || husky",
            "prisma generate --schema=x",
            "npm run build",
        ] {
            assert!(!is_known_command(other), "{other}");
        }
    }

    #[test]
    fn names_are_sorted() {
        assert!(PACKAGES.is_sorted());
    }
}

# Metro bundles the example for both platforms, as a release for Hermes does, and Hermes compiles the bundles.

case $(uname) in Darwin) hermesc=osx-bin ;; *) hermesc=linux64-bin ;; esac
for platform in android ios; do
    bundle=$scratch/$platform.jsbundle
    npx react-native bundle --platform "$platform" --dev false --minify false --entry-file index.js --bundle-output "$bundle" \
        --max-workers 2 >"$scratch/bundle.log" 2>&1 || { cat "$scratch/bundle.log" >&2; exit 1; }
    has "$bundle" "getEnforcing('AppwriteSession')"
    if grep -q 'FakeModule' "$bundle"; then echo "not ok: the mock is in the app" >&2; exit 1; fi
    "node_modules/hermes-compiler/hermesc/$hermesc/hermesc" -O -emit-binary -out "$bundle.hbc" "$bundle" 2>"$scratch/hermes.log" ||
        { cat "$scratch/hermes.log" >&2; exit 1; }
    [[ $(head -c 8 "$bundle.hbc" | od -An -tx1 | tr -d ' ') == c61fbc03c103191f ]]
    pass "$platform: a bundle of $(wc -c <"$bundle") bytes, and its bytecode of $(wc -c <"$bundle.hbc")"
done
echo 'const = 1;' >>"$bundle"
fails "expected" "node_modules/hermes-compiler/hermesc/$hermesc/hermesc" -emit-binary -out "$bundle.hbc" "$bundle"

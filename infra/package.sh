#!/usr/bin/env bash
# Makes what is deployed: target/functions/<function>/bootstrap, where template.yaml looks for it, and <function>.zip
# beside it, with nothing else inside. Prints what each weighs; fails on a binary that Amazon Linux 2023 cannot run.
#
#   infra/package.sh                    # every function, for arm64
#   infra/package.sh residents uploads  # these
#   TARGET=x86_64-unknown-linux-gnu infra/package.sh
set -euo pipefail
cd "$(dirname "$0")/.."

readonly target="${TARGET:-aarch64-unknown-linux-gnu}"
readonly newest=2.34 # the C library of Amazon Linux 2023
readonly out="${CARGO_TARGET_DIR:-target}"
# Why: infra/README.md, "Packages".
export AWS_LC_SYS_NO_JITTER_ENTROPY=1

functions=("$@")
if [ ${#functions[@]} -eq 0 ]; then
  for folder in functions/*/; do functions+=("$(basename "$folder")"); done
fi

# One by one: together they would have the features that any of them needs.
for function in "${functions[@]}"; do
  cargo build --quiet --profile lambda --target "$target" --package "$function"
done

printf '%-16s %12s %12s  %s\n' function binary zip 'C library'
for function in "${functions[@]}"; do
  binary="$out/$target/lambda/$function"
  needs=$(grep -aoE 'GLIBC_[0-9]+\.[0-9]+' "$binary" | sort -Vu | tail -1)
  install -D "$binary" "target/functions/$function/bootstrap"
  zip="$PWD/target/functions/$function.zip"
  rm -f "$zip"
  (cd "target/functions/$function" && python3 -m zipfile -c "$zip" bootstrap)
  printf '%-16s %12s %12s  %s\n' "$function" "$(stat -c %s "$binary")" "$(stat -c %s "$zip")" "$needs"
  if [ "$(printf '%s\n' "${needs#GLIBC_}" "$newest" | sort -V | tail -1)" != "$newest" ]; then
    echo "$function needs $needs; Amazon Linux 2023 has $newest: build there, or with cargo zigbuild" >&2
    exit 1
  fi
done

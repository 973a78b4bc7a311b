#!/usr/bin/env bash
# setup-system.sh run|test|dev: installs the Debian packages that are missing, and says what each is for.
# TESSERACT_PACKS="deu chi_sim": installs these language packs of Tesseract, too; TESSERACT_PACKS=all: every one that Debian has.
source "$(dirname "$0")/env.sh"

# What the product is built with and runs on.
packages=(
  build-essential cmake nasm pkg-config     # C parts of the JPEG codec and of SQLite
  tesseract-ocr tesseract-ocr-eng tesseract-ocr-osd
  fonts-wqy-zenhei fonts-dejavu-core        # for PDFs that do not embed their fonts: without them pages come out blank
  libtiff6 libwebp7                         # fax and other rare TIFFs, WebP files that break off (Tesseract takes both, too)
  libheif1 libde265-0 libdav1d6             # HEIC and AVIF
  unzip ca-certificates
)
have npm || packages+=(nodejs npm)          # a newer Node from elsewhere does as well
have pip3 || packages+=(python3-pip)        # fetches PDFium's wheel by version and hash

test_packages=(
  chromium chromium-driver                  # journeys, wasm tests
  postgresql nginx prometheus gettext-base  # the store's second database, the proxy, promtool, envsubst
  tesseract-ocr-{deu,ara,heb,fas,urd,chi-sim,jpn,kor,tha} shellcheck python3-yaml curl procps
  python3-venv                              # OpenAI's client
)
case "${1:-run}" in
  run) ;;
  test) packages+=("${test_packages[@]}") ;;
  dev) packages+=(inotify-tools) ;;
  *) die "usage: setup-system.sh run|test|dev" ;;
esac

TESSERACT_PACKS="${TESSERACT_PACKS:-}"
for pack in ${TESSERACT_PACKS//,/ }; do
  [[ $pack =~ ^[a-z]+([_-][a-z]+)*$ ]] || die "TESSERACT_PACKS: $pack is no language pack, such as deu or chi_sim"
  packages+=("tesseract-ocr-${pack//_/-}")
done

missing=()
for package in "${packages[@]}"; do
  [[ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0
have apt-get || die "install these by hand, this is no Debian: ${missing[*]}"

as_root=()
((EUID == 0)) || as_root=(sudo)
say "installing Debian packages (a minute or two): ${missing[*]}"
"${as_root[@]}" apt-get update -qq

for package in "${missing[@]}"; do
  [[ $package != tesseract-ocr-* ]] || apt-cache show --no-all-versions "$package" >/dev/null 2>&1 ||
    die "Debian has no package $package: apt-cache search tesseract-ocr- lists the language packs"
done

# Tests start their own nginx and PostgreSQL on free ports: keep the packages from starting system-wide ones.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null

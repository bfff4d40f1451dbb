# What ./test and ./demo have in common; both source it in the project's root.
set -euo pipefail

# A bare machine (a container, cron, CI) may lack all of these.
export HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
export LC_ALL=C.UTF-8
exec </dev/null

# Bazel refuses a path with a space in it; a folder of links has none.
if [[ $PWD == *[[:space:]]* ]]; then
  links=$HOME/.cache/mmstats/$(cksum <<<"$PWD" | tr ' ' -)
  mkdir -p "$links"
  rm -f "$links"/* "$links"/.bazel*
  ln -s "$PWD"/* "$PWD"/.bazel* "$links"
  cd "$links"
fi

say() { printf '%s\n' "$*"; }

# installed PACKAGE
installed() {
  [[ " $(dpkg-query -W -f='${db:Status-Status} ' "$1" 2>/dev/null) " == *" installed "* ]]
}

# apt COMMAND [ARGUMENT...], as root or through sudo.
apt() {
  local root=()
  if (($(id -u) != 0)); then
    root=(sudo)
    # Without a terminal nobody could type a password.
    [[ -t 2 ]] || root+=(-n)
  fi
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq --yes -o DPkg::Lock::Timeout=300 "$@" >/dev/null
}

# need GROUP...: installs the groups' packages in packages.txt that are missing.
# Nothing missing costs no network; what cannot be had is named, and is no error
# here, as the step that wants it then fails for all to see.
need() {
  local package group missing=() failed=()
  while read -r package group _; do
    [[ " $* " == *" $group "* ]] && ! installed "$package" && missing+=("$package")
  done < <(grep -v '^#' scripts/packages.txt)
  ((${#missing[@]})) || return 0

  say "installing: ${missing[*]}"
  apt update || true
  apt install --no-install-recommends "${missing[@]}" && return
  # One that cannot be had does not keep the others out.
  for package in "${missing[@]}"; do
    apt install --no-install-recommends "$package" || failed+=("$package")
  done
  ((${#failed[@]})) || return 0
  say "cannot install: ${failed[*]}"
  say "please run, as root: apt-get update && apt-get install ${failed[*]}"
}

# need_playwright: installs what drives the browser in the test of mmash's page, from
# npm's registry: the version and the checksum that scripts/browser/package-lock.json
# has. Says in $playwright where it is. As with `need`, what cannot be had is no error
# here.
need_playwright() {
  local tool
  for tool in node npm; do
    command -v $tool >/dev/null || need $tool
  done
  playwright=$HOME/.cache/mmstats/browser-$(cksum <scripts/browser/package-lock.json | tr ' ' -)
  [[ ! -e $playwright/node_modules/.package-lock.json ]] || return 0
  say "installing: playwright-core"
  mkdir -p "$playwright"
  cp scripts/browser/package*.json "$playwright"
  npm ci --silent --ignore-scripts --no-audit --no-fund --prefix "$playwright" ||
    say "cannot install playwright-core with npm: the test of mmash's page will fail"
}

# run_bazel COMMAND [ARGUMENT...]
run_bazel() {
  local options=(--ui_event_filters=-info)
  # A log needs no progress.
  [[ -t 2 ]] || options+=(--noshow_progress)
  # Bazel's Linux sandbox wants the folder to be there, its simple one does not.
  [[ -d /dev/shm ]] || options+=(--spawn_strategy=processwrapper-sandbox,local)
  bazel "$1" "${options[@]}" "${@:2}"
}

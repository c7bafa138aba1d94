#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# No file names a directory of a machine it was written on, or a host that packages come from: neither is there elsewhere.
set -euo pipefail
# shellcheck source=tests/lint/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

directories='(^|[^A-Za-z0-9_.-])/(work|farm|root|home/[a-z][a-z0-9_-]*|Users|build|workspace)/'
hosts='(deb|security|snapshot|ftp[0-9a-z.]*)\.debian\.org|archive\.ubuntu\.com|pypi\.org|pythonhosted\.org|registry\.npmjs\.org'
hosts+='|crates\.io|proxy\.golang\.org|center\.conan\.io|(https?|all)_proxy='

while IFS= read -r file; do
  [[ $file != tests/lint/machine_paths.sh ]] || continue
  while IFS= read -r found; do complain "$file:$found"; done < <(grep -nIE "$directories" -- "$file" || true)
  while IFS= read -r found; do complain "$file:$found"; done < <(grep -nIiE "$hosts" -- "$file" || true)
done < <(project_files '*')
finish "no absolute path of a build machine, no package host"

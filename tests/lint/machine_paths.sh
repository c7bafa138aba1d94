#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# No file names a directory of the machine it was written on, or a package host: neither exists elsewhere.
set -euo pipefail
# shellcheck source=tests/lint/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

directories='(^|[^A-Za-z0-9_.-])/(work|farm|root|home/[a-z][a-z0-9_-]*|Users|build|workspace)/'
hosts='(deb|security|snapshot|ftp[0-9a-z.]*)\.debian\.org|archive\.ubuntu\.com|pypi\.org|pythonhosted\.org|registry\.npmjs\.org'
hosts+='|crates\.io|proxy\.golang\.org|center\.conan\.io|(https?|all)_proxy='

mapfile -t files < <(project_files '*' | grep -vxF tests/lint/machine_paths.sh)
((${#files[@]} > 100)) || complain "only ${#files[@]} files found: this lint no longer finds them"
while IFS= read -r found; do complain "$found"; done < <(
  grep -nIE -- "$directories" "${files[@]}" || true
  grep -nIiE -- "$hosts" "${files[@]}" || true
)
finish "no absolute path of a build machine, no package host"

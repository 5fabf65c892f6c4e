package endtoend

import "path/filepath"

// Actions that the workflows use beside ours, as they name them: they need
// GitHub. What stands in for them does the same with directories of this machine,
// as far as the workflows rely on it, and fails where the true ones do.
const (
	checkoutAction = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8"
	cacheAction    = "actions/cache@0057852bfaa89a56745cba8c7296529d2fc39830"
	uploadAction   = "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02"
	downloadAction = "actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093"
)

// checkout knows one repository besides the workflow's own, which act checks out
// by itself.
const checkout = `
name: checkout
inputs: {repository: {required: true}, ref: {required: true}, path: {required: true}, persist-credentials: {required: true}}
runs:
  using: composite
  steps:
    - shell: sh
      env:
        WHAT: ${{ inputs.repository }}@${{ inputs.ref }}
        TO: ${{ inputs.path }}
      run: |
        [ "$WHAT" = "$SOURCE_OF" ] || { echo "there is no $WHAT"; exit 1; }
        mkdir "$GITHUB_WORKSPACE/$TO"
        cp -R "$SOURCE/." "$GITHUB_WORKSPACE/$TO"
`

// The cache is a directory for each key. One that is there is not written again.
const restoreCache = `
name: restore
inputs: {path: {required: true}, key: {required: true}, restore-keys: {default: ""}}
runs:
  using: composite
  steps:
    - shell: sh
      env:
        TO: ${{ inputs.path }}
        KEY: ${{ inputs.key }}
        PREFIX: ${{ inputs.restore-keys }}
      run: |
        [ -n "$TO" ]
        for found in "$CACHES/$KEY" "$CACHES/$PREFIX"*; do
          [ -d "$found" ] || continue
          mkdir -p "$TO"
          cp -R "$found/." "$TO"
          echo "restored ${found##*/} to $TO"
          exit
        done
        echo "nothing to restore to $TO"
`

const saveCache = `
name: save
inputs: {path: {required: true}, key: {required: true}}
runs:
  using: composite
  steps:
    - shell: sh
      env:
        FROM: ${{ inputs.path }}
        KEY: ${{ inputs.key }}
      run: |
        mkdir "$CACHES/$KEY"
        cp -R "$FROM/." "$CACHES/$KEY"
        echo "saved $KEY from $FROM"
`

// An artifact is a directory with its name, which must not be taken, and forgets
// which files are programs. act knows no strategy.job-index, so that names end
// where GitHub has a number; they get one here.
const uploadArtifact = `
name: upload
inputs: {name: {required: true}, path: {required: true}, retention-days: {default: "1"}, if-no-files-found: {default: warn}}
runs:
  using: composite
  steps:
    - shell: sh
      env:
        NAME: ${{ inputs.name }}
        FROM: ${{ inputs.path }}
      run: |
        case $NAME in
        */*) echo "$NAME is no name of an artifact"; exit 1 ;;
        *-) n=0; until mkdir "$ARTIFACTS/$NAME$n" 2>/dev/null; do n=$((n + 1)); [ "$n" -lt 99 ]; done; to=$ARTIFACTS/$NAME$n ;;
        *) to=$ARTIFACTS/$NAME; mkdir "$to" ;;
        esac
        printf '%s\n' "$FROM" | while read -r path; do
          if [ -d "$path" ]; then cp -R "$path/." "$to"; elif [ -n "$path" ]; then cp "$path" "$to"; fi
        done
        chmod -R a-x+X "$to"
`

const downloadArtifact = `
name: download
inputs: {name: {default: ""}, pattern: {default: ""}, path: {required: true}, merge-multiple: {default: "false"}}
runs:
  using: composite
  steps:
    - shell: sh
      env:
        NAME: ${{ inputs.name }}
        PATTERN: ${{ inputs.pattern }}
        TO: ${{ inputs.path }}
        MERGE: ${{ inputs.merge-multiple }}
      run: |
        mkdir -p "$TO"
        if [ -n "$NAME" ]; then cp -R "$ARTIFACTS/$NAME/." "$TO"; exit; fi
        [ "$MERGE" = true ]
        for found in "$ARTIFACTS"/$PATTERN; do cp -R "$found/." "$TO"; done
`

// standIn puts an action, or several below one name, in the place of one.
func (j *job) standIn(name string, files map[string]string) {
	j.t.Helper()
	dir := j.t.TempDir()
	for file, content := range files {
		write(j.t, filepath.Join(dir, file), content)
	}
	j.uses(name, dir)
}

#!/bin/sh
# Uploads a picture by a signed POST, waits, and prints its analysis. Needs nothing but curl.
#   docs/upload.sh PICTURE [QUESTION]
# Against a deployed stage: SIGHTLINE_URL=https://… SIGHTLINE_KEY=… docs/upload.sh PICTURE
set -eu
picture=${1:?usage: docs/upload.sh PICTURE [QUESTION]}
local_json="${SIGHTLINE_DATA:-.sightline}/local.json"
# The first text value of a name in JSON: enough for these answers, no parser for any other.
value() { tr ',{}' '\n\n\n' | sed -n "s/^ *\"$1\": *\"\([^\"]*\)\".*/\1/p" | head -n 1; }
url=${SIGHTLINE_URL:-$(value apiUrl <"$local_json")}
key=${SIGHTLINE_KEY:-$(value apiKey <"$local_json")}
escape() { printf "%s" "$1" | tr "\n\t\r" "   " | sed "s/[\\\\\"]/\\\\&/g"; }

[ -r "$picture" ] || { echo "cannot read $picture" >&2; exit 1; }
case $picture in *.png) type=image/png ;; *.webp) type=image/webp ;; *.gif) type=image/gif ;; *) type=image/jpeg ;; esac
question=${2:+,\"prompt\":\"$(escape "$2")\"}
body="{\"filename\":\"$(escape "$(basename "$picture")")\",\"contentType\":\"$type\"$question}"

# 1. Ask for an upload.
answer=$(curl -sS --fail-with-body -H "Authorization: Bearer $key" -H 'Content-Type: application/json' -d "$body" "$url/v1/uploads") || { printf '%s\n' "$answer" >&2; exit 1; }
id=$(printf '%s' "$answer" | value id)

# 2. Send the file to S3, with the fields that were signed; the file comes last.
fields=$(printf '%s' "$answer" | sed 's/.*"fields": *{\([^}]*\)}.*/\1/' | tr ',' '\n')
set --
while IFS= read -r field; do
  name=$(printf '%s' "$field" | sed 's/^ *"\([^"]*\)".*/\1/')
  set -- "$@" --form-string "$name=$(printf '%s' "$field" | value "$name")"
done <<EOF
$fields
EOF
post=$(printf '%s' "$answer" | value url)
curl -sS --fail-with-body "$@" -F "file=@-;filename=picture;type=$type" "$post" <"$picture"

# 3. Wait for the analysis: each call answers as soon as it has ended, at the latest after 20 s.
while :; do
  analysis=$(curl -sS --fail-with-body -H "Authorization: Bearer $key" "$url/v1/analyses/$id?wait=20")
  case $(printf '%s' "$analysis" | value status) in
    succeeded) printf '%s\n' "$analysis"; exit 0 ;;
    failed | rejected | expired) printf '%s\n' "$analysis" >&2; exit 1 ;;
  esac
done

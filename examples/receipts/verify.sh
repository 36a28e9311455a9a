#!/bin/sh
# sh verify.sh jwks.json < receipt        (OpenSSL 3 alone, EdDSA; prints the claims: then check iss, aud and exp)
set -eu
decode() { tr -d '\n' | tr -- '-_' '+/' | awk '{ while (length($0) % 4) $0 = $0 "="; print }' | openssl base64 -d -A; }
encode() { openssl base64 -A | tr -d '=' | tr -- '+/' '-_'; }
receipt=$(cat)
head=${receipt%%.*} signed=${receipt%.*} signature=${receipt##*.}
header=$(printf %s "$head" | decode)
kid=$(printf %s "$header" | sed 's/.*"kid":"\([A-Za-z0-9_-]*\)".*/\1/')
[ "$header" = '{"alg":"EdDSA","kid":"'"$kid"'","typ":"receipt+jwt"}' ] || { echo "no receipt" >&2; exit 1; }
# What decodes to the same bytes is not yet the same text.
[ "$(printf %s "$signature" | decode | encode)" = "$signature" ] || { echo "not as it was signed" >&2; exit 1; }
x=$(tr '}' '\n' <"$1" | grep -F '"kid":"'"$kid"'"' | sed 's/.*"x":"\([A-Za-z0-9_-]*\)".*/\1/')
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
{ printf '\060\052\060\005\006\003\053\145\160\003\041\000'; printf %s "$x" | decode; } >"$dir/key.der"
printf %s "$signed" >"$dir/signed"
printf %s "$signature" | decode >"$dir/signature"
openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$dir/key.der" -sigfile "$dir/signature" -in "$dir/signed" >&2
printf %s "${signed#*.}" | decode

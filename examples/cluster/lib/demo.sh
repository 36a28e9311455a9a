# shellcheck shell=bash
# What a platform does, through HAProxy.

demo() {
    local account name
    name=demo-$(openssl rand -hex 4)
    echo "An account:"
    ask POST /v1/accounts "{\"username\":\"$name\"}"
    account=$(sed -n 's/.*"id": *"\([^"]*\)".*/\1/p' <<<"$ANSWER")
    echo "Its payment secret:"
    ask PUT "/v1/accounts/$account/secrets/payment" '{"secret":"493817"}'
    echo "Verified:"
    ask POST "/v1/accounts/$account/secrets/payment/verify" '{"secret":"493817"}'
    [[ $ANSWER == *'"verified":true'* ]] || die "the secret was not verified"
    echo "A wrong one:"
    ask POST "/v1/accounts/$account/secrets/payment/verify" '{"secret":"000000"}'
    [[ $ANSWER == *'"remaining_attempts":'* ]] || die "the guess was not counted"
}

# ask METHOD PATH BODY: shows what is asked and what is answered, and keeps the answer.
ask() {
    echo "  $1 $2  $3"
    ANSWER=$(curl --silent --show-error --max-time 60 --request "$1" "http://$(address "$PROXY"):$HTTP_PORT$2" \
        --header "Authorization: Bearer $(<"$CLUSTER_DIR/secrets/api_key")" \
        --header 'Content-Type: application/json' --data "$3")
    echo "  $ANSWER"
}

#!/bin/sh
# A deploy program that keeps the contract of the driver `command` (docs/deploying.md): it is told what to do by environment
# variables and answers `status` with one line of JSON. This one switches a load balancer's weights that lie in files; put
# your own commands (kubectl, aws, ansible) into their places.
#
#   deploy:
#     command: {run: [include/examples/deploy/deploy.sh, /srv/shop], timeout: 10m}
set -eu
place=$1/$RELEASE_OPS_ENVIRONMENT
mkdir -p "$place"

live() { cat "$place/$1" 2>/dev/null || echo "$2"; }

# Written beside and renamed: whoever reads sees the old or the new state, never half of one.
write() {
    printf '%s\n' "$2" >"$place/$1.new"
    mv "$place/$1.new" "$place/$1"
}

case $RELEASE_OPS_ACTION in
status)
    # version: the newest version that is there; weight: its share in percent; settled: nothing is under way any more;
    # phase: progressing, healthy, degraded, paused or unknown.
    printf '{"version": "%s", "weight": %s, "settled": true, "phase": "healthy", "detail": "files in %s"}\n' \
        "$(live version '')" "$(live weight 0)" "$place"
    ;;
apply)
    # Asked again for what is there already, it changes nothing: a call may come twice, after a crash.
    [ "$(live version '')" = "$RELEASE_OPS_VERSION" ] || write previous "$(live version '')"
    write version "$RELEASE_OPS_VERSION"
    write weight "$RELEASE_OPS_WEIGHT"
    echo "$RELEASE_OPS_VERSION has $RELEASE_OPS_WEIGHT % (asked as $RELEASE_OPS_KEY)"
    ;;
rollback)
    write version "$RELEASE_OPS_PREVIOUS"
    write weight 100
    echo "$RELEASE_OPS_PREVIOUS has everything again"
    ;;
rehearse)
    # Prove that the way back works, and change nothing: here, that the version before can still be had.
    [ -n "$RELEASE_OPS_PREVIOUS" ] || { echo "there is no version before" >&2; exit 1; }
    echo "$RELEASE_OPS_PREVIOUS can be had"
    ;;
*)
    echo "unknown action $RELEASE_OPS_ACTION" >&2
    exit 2
    ;;
esac

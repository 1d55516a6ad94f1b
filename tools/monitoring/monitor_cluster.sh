#!/bin/bash
# monitor_cluster.sh - one line about a cluster, for a person, a cron job's mail or a monitoring system.
# Run it where bin/mqadmin is, or say where with MQADMIN='sh /path/to/bin/mqadmin'.
usage() {
    cat <<'END'
usage: monitor_cluster.sh -n HOST:PORT[;HOST:PORT...] [options]

  -n ADDRESSES   the NameServers; each of them is asked
  -b NAMES       broker groups that must be there, with commas between; without it, those that are registered
  -l MESSAGES    how far a member may be behind its leader, or a slave behind its master (10000)
  -d PERCENT     how full the disk of a store may be (85)
  -q             print nothing when all is well, so that cron mails troubles only
  -u URL         post troubles there as {"level": "...", "message": "..."}, with curl

Exit status, as Nagios takes it: 0 OK, 1 WARNING, 2 CRITICAL, 3 it was called wrongly.

  monitor_cluster.sh -n '192.168.1.10:9876;192.168.1.11:9876'
  */1 * * * * cd /opt/tern && tools/monitoring/monitor_cluster.sh -q -n 'ns1:9876;ns2:9876' -b broker-a,broker-b
END
}

MQADMIN=${MQADMIN:-sh bin/mqadmin}
deadline=10 # Seconds for one question.
namesrvs='' expected='' lag_max=10000 disk_max=85 quiet='' url=''
while getopts n:b:l:d:u:qh option; do
    case $option in
        n) namesrvs=$OPTARG ;;
        b) expected=$OPTARG ;;
        l) lag_max=$OPTARG ;;
        d) disk_max=$OPTARG ;;
        u) url=$OPTARG ;;
        q) quiet=yes ;;
        h) usage; exit 0 ;;
        *) usage >&2; exit 3 ;;
    esac
done
for number in "$lag_max" "$disk_max"; do
    [[ $number =~ ^[0-9]+$ ]] || { echo "monitor_cluster.sh: not a number: $number" >&2; exit 3; }
done
shift $((OPTIND - 1))
if [ -z "$namesrvs" ] || [ $# -gt 0 ]; then
    usage >&2
    exit 3
fi

ask() { timeout "$deadline" $MQADMIN "$@" 2>/dev/null; }

level=0 troubles=()
warn() { troubles+=("$1"); ((level >= 1)) || level=1; }
fail() { troubles+=("$1"); level=2; }

# NameServers know nothing of each other: each has its own list of brokers. One that has none yet has just
# begun; what the others know counts.
IFS=';' read -ra addresses <<<"$namesrvs"
alive=0 brokers=''
for address in "${addresses[@]}"; do
    # Not by the exit status: it is that of a failure, too, where a broker in the list does not answer.
    list=$(ask clusterList -n "$address")
    if [ -n "$list" ]; then
        ((++alive))
        # "group id address" of each broker.
        known=$(awk '!/^#/ && NF > 3 {print $2, $3, $4}' <<<"$list" | sort -u)
        [ -n "$known" ] || warn "NameServer $address knows no broker"
        brokers+=$known$'\n'
    else
        fail "NameServer $address is down"
    fi
done
((alive >= 2 || ${#addresses[@]} < 2)) || fail "only $alive of ${#addresses[@]} NameServers are alive"
brokers=$(sort -u <<<"$brokers" | awk 'NF == 3')
groups=$(awk '{print $1}' <<<"$brokers" | sort -u)

[ -n "$brokers" ] || fail "no broker is registered"
for group in ${expected//,/ }; do
    grep -qx -- "$group" <<<"$groups" || fail "$group: no broker is registered"
done
for group in $groups; do
    awk -v g="$group" '$1 == g && $2 == 0 {found = 1} END {exit !found}' <<<"$brokers" || fail "$group: no master"
done

# What a master or leader says of its slaves and members: "groupMember_n1 : voter, linked, log end 203,
# on disk 203, behind 4954 B, 12 messages, 0.3 s".
members_of() {
    awk -v self="$(awk '/^groupSelf / {print $3}' <<<"$1")" '
        /^groupMember_/ {
            name = $1; sub(/^groupMember_/, "", name)
            if (name == self) next
            linked = /, linked/ ? "linked" : "away"
            messages = 0
            if (match($0, /[0-9]+ messages/)) messages = substr($0, RSTART, RLENGTH - 9)
            print name, linked, messages
        }' <<<"$1"
}

lag=0 disk=0
while read -r group id address; do
    [ -n "$address" ] || continue
    if ! told=$(ask brokerStatus -b "$address"); then
        fail "$group ($address): does not answer"
        continue
    fi
    for ratio in $(awk '/DiskRatio/ {print $3}' <<<"$told"); do
        percent=$(awk -v r="$ratio" 'BEGIN {printf "%d", r * 100}')
        ((percent > disk)) && disk=$percent
        ((percent <= disk_max)) || { fail "$group ($address): its disk is $percent % full"; break; }
    done
    [ "$id" = 0 ] || continue
    while read -r member linked messages; do
        [ -n "$member" ] || continue
        ((messages > lag)) && lag=$messages
        if [ "$linked" != linked ]; then
            fail "$group: $member is not linked to its leader $address"
        elif ((messages > lag_max)); then
            warn "$group: $member is $messages messages behind"
        fi
    done <<<"$(members_of "$told")"
done <<<"$brokers"

words=(OK WARNING CRITICAL)
count() { awk 'NF {++n} END {print n + 0}' <<<"$1"; }
line="${words[level]} $alive of ${#addresses[@]} NameServers, $(count "$groups") groups, $(count "$brokers") brokers"
line+=", $lag messages behind, disk $disk %"
for trouble in "${troubles[@]}"; do line+="; $trouble"; done
[ $level -eq 0 ] && [ -n "$quiet" ] || echo "$line"
if [ $level -gt 0 ] && [ -n "$url" ]; then
    told=${line//[\"\\]/}
    curl -fsS -m "$deadline" -o /dev/null -H 'Content-Type: application/json' \
        -d "{\"level\": \"${words[level]}\", \"message\": \"$told\"}" "$url" ||
        echo "monitor_cluster.sh: $url did not take it" >&2
fi
exit $level

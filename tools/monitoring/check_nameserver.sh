#!/bin/bash
# check_nameserver.sh - which NameServers are alive, and how many brokers each knows.
# Run it where bin/mqadmin is, or say where with MQADMIN='sh /path/to/bin/mqadmin'.
#
#   tools/monitoring/check_nameserver.sh 192.168.1.10:9876 192.168.1.11:9876
#
# Exit status: 0 all are alive, 2 one is down, 3 none was named.

MQADMIN=${MQADMIN:-sh bin/mqadmin}
if [ $# -eq 0 ]; then
    echo "usage: check_nameserver.sh HOST:PORT..." >&2
    exit 3
fi

status=0
for addr in "$@"; do
    # Whether it answers, not only whether its port does: a process that hangs takes connections too. What counts
    # is the list: where a broker in it does not answer, the exit status is that of a failure.
    list=$(timeout 10 $MQADMIN clusterList -n "$addr" 2>/dev/null)
    if [ -n "$list" ]; then
        echo "[OK] NameServer $addr is alive"
        echo "     Registered Brokers: $(awk '!/^#/ && NF > 3' <<<"$list" | wc -l)"
    else
        echo "[FAIL] NameServer $addr is down"
        status=2
    fi
done
exit $status

# The first process inside in-lab's namespaces: makes /run private, runs the command and reaps orphans.
# Descriptor 3 comes from outside: each line on it is a signal for the command, and when it ends, because the outer process is
# gone (also by SIGKILL), everything inside is killed.
# /run/in-lab.pid holds the command's process id and tells the lab that it is inside.
set -eu
mount -t tmpfs -o mode=0755 lab-run /run
mkdir -p /run/netns /run/lock
ip link set lo up
inside=$(readlink /proc/self/ns/mnt)
end_all() {
  if [ "$$" = 1 ]; then kill -KILL -1; return; fi
  self=$(sh -c 'echo $PPID')
  for entry in /proc/[0-9]*; do
    other=${entry#/proc/}
    if [ "$other" != "$$" ] && [ "$other" != "$self" ] && [ "$(readlink "$entry/ns/mnt" 2>/dev/null)" = "$inside" ]; then kill -KILL "$other" || true; fi
  done
} 2>/dev/null
trap : INT TERM HUP
(
  trap '' INT TERM HUP
  while read -r name; do kill -"$name" "$(cat /run/in-lab.pid)" || true; done
  end_all
) <&3 3<&- >/dev/null 2>&1 &
set +e
sh -c 'echo $$ > /run/in-lab.pid; exec "$@"' in-lab "$@" 3<&-
code=$?
[ "$$" = 1 ] || end_all
exit $code

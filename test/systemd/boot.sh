# Boots systemd as the init of new namespaces, on a copy of this machine's files in memory.
#
#   boot.sh REPOSITORY NODE      it ends when systemd does
#
# It has the repository at /srv/repository and Node at /srv/node. Kernel settings without a namespace are read-only,
# so that nothing of this machine changes.
set -e

if [ "$ROW_INSIDE" = "" ]; then
  # systemd creates the groups of its units below its own.
  for root in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    [ -e "$root/cgroup.procs" ] || continue
    mkdir "$root/rightofway-$$"
    echo $$ > "$root/rightofway-$$/cgroup.procs"
  done
  ROW_INSIDE=1 exec unshare --mount --pid --fork --kill-child --uts --ipc --net --cgroup --propagation private sh "$0" "$@"
fi

root=/mnt
mount -t tmpfs tmpfs /media
mkdir /media/upper /media/work
mount -t overlay -o "lowerdir=/,upperdir=/media/upper,workdir=/media/work" overlay $root

mount -t proc proc $root/proc
mount --bind $root/proc/sys $root/proc/sys
mount --bind $root/proc/sys/net $root/proc/sys/net
mount -o remount,bind,ro $root/proc/sys
mount -t sysfs -o ro sys $root/sys
mount -t tmpfs -o mode=755 tmpfs $root/sys/fs/cgroup
if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
  mount -t cgroup2 cgroup $root/sys/fs/cgroup
else
  mkdir $root/sys/fs/cgroup/systemd $root/sys/fs/cgroup/unified
  mount -t cgroup -o none,name=systemd cgroup $root/sys/fs/cgroup/systemd
  mount -t cgroup2 cgroup $root/sys/fs/cgroup/unified
fi

mount -t tmpfs -o mode=755 tmpfs $root/run
mount -t tmpfs tmpfs $root/tmp
mount -t tmpfs -o mode=755 tmpfs $root/dev
for device in null:3 zero:5 full:7 random:8 urandom:9; do
  mknod -m 666 "$root/dev/${device%:*}" c 1 "${device#*:}"
done
mknod -m 666 $root/dev/tty c 5 0
ln -s /proc/self/fd $root/dev/fd
mkdir $root/dev/pts $root/dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts $root/dev/pts
ln -s pts/ptmx $root/dev/ptmx
for stream in stdin:0 stdout:1 stderr:2; do ln -s "fd/${stream#*:}" "$root/dev/${stream%:*}"; done

mkdir -p $root/srv/repository
mount --bind "$1" $root/srv/repository
touch $root/srv/node
mount --bind "$2" $root/srv/node

# Nothing starts by itself.
rm -rf $root/etc/systemd/system
mkdir -p $root/etc/systemd/system

exec chroot $root /usr/bin/env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=basic.target

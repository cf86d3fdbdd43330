/**
 * The first process of a host, as a shell script: it makes the host's own file system view out of
 * this machine's (programs shared, `/etc` a copy; `/var`, `/run`, `/tmp` and `/project` its own), and
 * then waits for what is orphaned. In DIR/volumes is what outlives it.
 *
 * As in the compose file: the product is in /opt/supervene, `supervene` is a command (in /opt/bin), the
 * demo site is /project/demo_website.
 */
export const createHostRoot = `
set -eu
hostname "$NAME"
mount --make-rprivate /
volumes=$DIR/volumes
root=$DIR/root
mkdir -p "$root" "$volumes/journal" "$volumes/conf.d" "$volumes/etcd"
mount -t tmpfs -o mode=0755 tmpfs "$root"
# What may lie in a directory that is replaced: each at its own place.
share() {
  mkdir -p "$root$1"
  mount --rbind "$1" "$root$1"
}
for entry in /*; do
  name=\${entry#/}
  if [ -L "$entry" ]; then
    cp -P "$entry" "$root$entry"
  elif [ -d "$entry" ]; then
    case $name in
      etc|lost+found|old|opt|proc|project|run|tmp|var) ;;
      *) share "$entry" ;;
    esac
  fi
done
mkdir -p "$root/etc" "$root/old" "$root/opt/bin" "$root/opt/supervene" "$root/proc" "$root/project" "$root/run/lock" "$root/tmp" "$root/var"
for path in "$PROJECT" "$NODE"; do
  case $path in
    /etc/*|/opt/*|/run/*|/tmp/*|/var/*) share "$path" ;;
  esac
done
printf '#!/bin/sh\\nexec node /opt/supervene/dist/src/main.js "$@"\\n' > "$root/opt/bin/supervene"
chmod 0755 "$root/opt/bin/supervene"
mount --bind "$PROJECT" "$root/opt/supervene"
mount -o remount,ro,bind "$root/opt/supervene"
mount -t proc proc "$root/proc"
cp -a /etc/. "$root/etc"
ln -s /run "$root/var/run"
rm -rf "$root"/etc/supervisor/* "$root"/etc/nginx/*
mkdir -p "$root/var/lib/nginx" "$root/var/log/nginx" "$root/var/log/supervisor" "$root/var/lib/supervene" \\
  "$root/var/lib/etcd" "$root/var/tmp" "$root/etc/supervisor/conf.d" "$root/etc/supervene" "$root/etc/nginx/live"
mount --bind "$volumes/journal" "$root/var/lib/supervene"
chmod 0700 "$root/var/lib/supervene"
mount --bind "$volumes/conf.d" "$root/etc/supervisor/conf.d"
mount --bind "$volumes/etcd" "$root/var/lib/etcd"
cp "$PROJECT/deploy/demo_website" "$root/project/demo_website"
chmod 0755 "$root/project/demo_website"
rm -f "$root/etc/hosts" "$root/etc/resolv.conf" "$root/etc/hostname"
printf '127.0.0.1 localhost\\n%s %s\\n' "$ADDRESS" "$NAME" > "$root/etc/hosts"
: > "$root/etc/resolv.conf"
echo "$NAME" > "$root/etc/hostname"
# Who owns what is rendered, as in the images.
echo supervene:x:10001:10001::/nonexistent:/usr/sbin/nologin >> "$root/etc/passwd"
echo supervene:x:10001: >> "$root/etc/group"
cd "$root"
pivot_root . old
umount -l /old
chmod 1777 /tmp /var/tmp
rmdir /old
echo ready
exec > /dev/null 2>&1
sleep infinity &
while :; do wait; done
`;

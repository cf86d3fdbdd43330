#!/bin/sh
# A program that does as it is told; src/simulate/model/behaviour.ts reads the same words.
#   behave.sh [run=forever|MS] [exit=N] [stop=MS|ignore]
# Its sleeps hold none of its outputs open, so that supervisord sees its end at once.
run=forever exit=0 stop=0
for word in "$@"; do
  case $word in
    run=*) run=${word#run=} ;;
    exit=*) exit=${word#exit=} ;;
    stop=*) stop=${word#stop=} ;;
  esac
done

seconds() { printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)); }

signals='TERM INT QUIT HUP USR1 USR2'
if [ "$stop" = ignore ]; then
  trap '' $signals
elif [ "$stop" != 0 ]; then
  trap 'trap "" $signals; kill -KILL "$!"; sleep "$(seconds "$stop")" >/dev/null 2>&1; exit 0' $signals
fi

if [ "$run" = forever ]; then
  [ "$stop" = 0 ] && exec sleep 1000000
  while :; do
    sleep 20 >/dev/null 2>&1 &
    wait "$!"
  done
fi
sleep "$(seconds "$run")" >/dev/null 2>&1 &
wait "$!"
exit "$exit"

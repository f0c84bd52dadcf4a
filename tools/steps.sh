# Progress that a person can follow; sourced by quickstart, test and install.sh.
# shellcheck shell=bash
#
#   run_step TITLE LOG COMMAND...   runs COMMAND with its output in LOG, and says how it goes: a
#                                   running line on a terminal, a line now and then elsewhere.

seconds_since() { # MICROSECONDS, as from now_us
  local us=$(($(now_us) - $1))
  printf '%d.%d' $((us / 1000000)) $((us / 100000 % 10))
}

now_us() { echo "${EPOCHREALTIME/[.,]/}"; }

# How far a log has come: ninja's [12/300], pytest's [ 45%] or ctest's 12/300.
progress_of() { # LOG
  tail -c 4000 "$1" 2>/dev/null | tr '\r' '\n' | grep -oE '\[ *[0-9]+(/[0-9]+|%)\]|^ *[0-9]+/[0-9]+ Test' |
    tail -n 1 | tr -d ' []Test' || true
}

# Runs beside a step until it is killed or its parent is gone.
watch_step() { # TITLE LOG STARTED PARENT
  local title=$1 log=$2 started=$3 parent=$4 marks='|/-+' turn=0 every=0.2 told
  [ -t 1 ] || every=15
  while sleep "$every" && kill -0 "$parent" 2>/dev/null; do
    told=$(progress_of "$log")
    if [ -t 1 ]; then
      printf '\r  %s %-34s %7s s  %-12s' "${marks:turn++%4:1}" "$title" "$(seconds_since "$started")" "$told"
    else
      printf '  .. %-34s %6s s  %s\n' "$title" "$(seconds_since "$started")" "$told"
    fi
  done
}

step_line() { # MARK TITLE STARTED [NOTE]
  [ ! -t 1 ] || printf '\r\033[K'
  printf '  %-2s %-34s %6s s  %s\n' "$1" "$2" "$(seconds_since "$3")" "${4:-}"
}

run_step() { # TITLE LOG COMMAND...
  local title=$1 log=$2 status=0 started watcher
  shift 2
  mkdir -p "$(dirname "$log")"
  : >"$log"
  started=$(now_us)
  watch_step "$title" "$log" "$started" $$ &
  watcher=$!
  "$@" >"$log" 2>&1 || status=$?
  kill "$watcher" 2>/dev/null || true
  wait "$watcher" 2>/dev/null || true
  if [ "$status" -eq 0 ]; then
    step_line ok "$title" "$started"
  else
    step_line '!!' "$title" "$started" "failed ($status)"
    echo "     the end of $log:" >&2
    tail -n 30 "$log" | sed 's/^/     | /' >&2
  fi
  return "$status"
}

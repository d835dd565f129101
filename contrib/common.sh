# What the hooks of this folder share. They call the admin API of the gateway on this machine, through its unix socket.
#
#   RIGHTOFWAY_ADMIN_SOCKET   default: /var/lib/rightofway/admin.sock
#   RIGHTOFWAY_DEVICE_PREFIX  put before the name that the lease gives the device. Default: nothing

socket=${RIGHTOFWAY_ADMIN_SOCKET:-/var/lib/rightofway/admin.sock}

# A MAC address, a DUID or a user name as the id of a device: 00:11:22 is 00-11-22, bob@example is bob_example, all in
# lower case.
device_id() {
  printf '%s%s' "${RIGHTOFWAY_DEVICE_PREFIX:-}" "$1" | tr 'A-Z:@' 'a-z\-_'
}

# put_addresses DEVICE SOURCE SECONDS ADDRESS...
# The device has these addresses for so long, says SOURCE, and none of those it named before. SECONDS may be empty: until
# it says otherwise. A device that the gateway does not know is no error: not every lease is a customer's.
put_addresses() {
  device=$1 source=$2 seconds=$3
  case $device in */*) device=/ ;; esac
  shift 3
  list=
  for address; do
    # Not even where it would be somebody else's fault.
    case $address in *[!0-9A-Fa-f.:/]*) device=/ ;; esac
    list=${list:+$list,}'{"address":"'$address'"}'
  done
  body='{"source":"'$source'"'${seconds:+,'"ttl":'$seconds}',"addresses":['$list']}'
  # Whoever chose the name of a lease must not choose what is said here.
  case $device/$source$seconds in
    .* | /* | *[!A-Za-z0-9_.:/-]*)
      printf 'rightofway: a lease with an odd name is passed over\n' >&2
      return 0
      ;;
  esac
  status=$(
    curl --silent --show-error --max-time 10 --unix-socket "$socket" --output /dev/null --write-out '%{http_code}' \
      --request PUT --header 'content-type: application/json' --data "$body" \
      "http://localhost/admin/v1/devices/$device/addresses"
  ) || return 1
  case $status in
    200 | 404) return 0 ;;
  esac
  printf 'rightofway: the gateway answered %s\n' "$status" >&2
  return 1
}

#!/bin/sh
# Collects what /proc and /sys of a Linux machine say of its processors, memory, PCI and CXL devices, as one tar.gz that
# Memscape opens anywhere: memscape open FILE.
#
#   sh capture.sh -o FILE [--keep-identifiers]
#
# Needs a shell and the standard tools: mkdir cp cat sed awk od tar gzip mktemp rm ls. Reads, never writes, outside of a
# temporary folder and FILE. As root it sees more: BARs' capabilities, ACS, addresses of the physical memory map.
# Serial numbers, host names, MAC addresses and UUIDs are left out, unless asked for.
set -u
LC_ALL=C
export LC_ALL
umask 077

out=
keep=no
# Root of the tree that is read; for looking at an unpacked snapshot.
root=${MEMSCAPE_ROOT:-}

usage() {
  echo "usage: sh capture.sh -o FILE [--keep-identifiers]" >&2
  exit 2
}
while [ $# -gt 0 ]; do
  case $1 in
  -o)
    [ $# -ge 2 ] || usage
    out=$2
    shift
    ;;
  --keep-identifiers) keep=yes ;;
  *) usage ;;
  esac
  shift
done
[ -n "$out" ] || usage
case $out in
- | /*) ;;
*) out=$(pwd)/$out ;;
esac
[ -d "$root/sys" ] || {
  echo "capture: there is no /sys: this needs Linux" >&2
  exit 2
}
[ -z "$root" ] || root=$(cd "$root" && pwd -P)

stage=$(mktemp -d "${TMPDIR:-/tmp}/memscape.XXXXXX") || exit 1
trap 'rm -rf "$stage"' EXIT
trap 'exit 1' INT TERM HUP
mkdir "$stage/t"

# Far more than any machine has: what is above it is left out.
files=0
mostFiles=250000

# copy DIR NAME...: these files of a directory (names may be patterns); what cannot be read is left out. One process for
# all of them: a large machine has ten thousand. (The shell's own read takes single bytes, which sysfs refuses.)
copy() { take file "$@"; }

# links DIR NAME...: these links of a directory, as links.
links() { take link "$@"; }

# take file|link DIR NAME...
take() {
  kind=$1
  dir=$2
  shift 2
  [ -d "$root/$dir" ] || return 0
  set -f
  names=$*
  set +f
  found=
  cd "$root/$dir" || return 0
  for name in $names; do
    if [ "$kind" = link ]; then [ -L "$name" ]; else [ -f "$name" ] && [ -r "$name" ] && [ ! -L "$name" ]; fi || continue
    [ "$files" -lt "$mostFiles" ] || continue
    found="$found ./$name"
    files=$((files + 1))
  done
  [ -z "$found" ] || {
    [ -d "$stage/t/$dir" ] || mkdir -p "$stage/t/$dir"
    cp -P $found "$stage/t/$dir/" 2>/dev/null
  }
  cd /
}

# place PATH: where a path really is, below the root; nothing where it leads out of it or nowhere.
place() {
  [ -d "$root/$1" ] || return 0
  found=$(cd -P "$root/$1" 2>/dev/null && pwd -P) || return 0
  case $found in
  "$root"/sys/*) echo "${found#"$root"/}" ;;
  esac
}

# text FROM SED: one text file, through a sed script that says what of it is kept.
text() {
  [ -r "$root/$1" ] || return 0
  mkdir -p "$stage/t/${1%/*}"
  sed -n "$2" "$root/$1" >"$stage/t/$1" 2>/dev/null
}

# --- processors and memory ---------------------------------------------------------------------------------------------
if [ "$keep" = yes ]; then
  for name in cpuinfo version meminfo iomem; do text proc/$name p; done
  copy proc/sys/kernel hostname
else
  # Of each processor the model; ARM and POWER list a serial number too. One of each line is enough.
  [ -r "$root/proc/cpuinfo" ] && mkdir -p "$stage/t/proc" &&
    awk -F: '
      { key = $1; gsub(/^[ \t]+|[ \t]+$/, "", key) }
      key ~ /^(vendor_id|vendor|CPU implementer|cpu|model name|cpu family|family|model|machine)$/ && !seen[key]++
    ' "$root/proc/cpuinfo" >"$stage/t/proc/cpuinfo" 2>/dev/null
  # "Linux version 6.1.0 (who@where built it) ..."
  text proc/version 's/^\(Linux version [^ ]*\).*$/\1/p'
  text proc/meminfo '/^MemTotal:/p'
  text proc/iomem p
fi
for gpu in "$root"/proc/driver/nvidia/gpus/*; do
  [ -d "$gpu" ] && copy "proc/driver/nvidia/gpus/${gpu##*/}" numa_status
done

links sys/class/dmi id
dmi=$(place sys/class/dmi/id)
[ -n "$dmi" ] || dmi=sys/devices/virtual/dmi/id
copy "$dmi" sys_vendor product_name
[ "$keep" = no ] || copy "$dmi" product_serial product_uuid board_serial chassis_serial

for path in "$root"/sys/devices/system/cpu/cpu[0-9]*; do
  [ -d "$path" ] || continue
  cpu=sys/devices/system/cpu/${path##*/}
  folders=$stage/t/$cpu/topology
  for cache in "$path"/cache/index[0-9]*; do
    [ -d "$cache" ] && folders="$folders $stage/t/$cpu/cache/${cache##*/}"
  done
  mkdir -p $folders
  copy "$cpu" online cpu_capacity
  copy "$cpu/topology" physical_package_id core_id die_id package_cpus package_cpus_list core_siblings \
    core_siblings_list die_cpus die_cpus_list core_cpus core_cpus_list thread_siblings thread_siblings_list
  for cache in "$path"/cache/index[0-9]*; do
    [ -d "$cache" ] &&
      copy "$cpu/cache/${cache##*/}" level type size coherency_line_size shared_cpu_map shared_cpu_list
  done
done

for unit in cpu_core cpu_atom cpu_lowpower; do copy "sys/devices/$unit" cpus; done
for path in "$root"/sys/devices/virtual/memory_tiering/memory_tier[0-9]*; do
  [ -d "$path" ] && copy "sys/devices/virtual/memory_tiering/${path##*/}" nodelist
done

copy sys/devices/system/memory block_size_bytes
for path in "$root"/sys/devices/system/node/node[0-9]*; do
  [ -d "$path" ] || continue
  node=sys/devices/system/node/${path##*/}
  copy "$node" cpumap cpulist distance
  links "$node" 'memory[0-9]*'
  text "$node/meminfo" '/MemTotal:/p'
  for access in access0 access1; do
    copy "$node/$access/initiators" read_bandwidth write_bandwidth read_latency write_latency
    links "$node/$access/initiators" 'node[0-9]*'
  done
  for cache in "$path"/memory_side_cache/index[0-9]*; do
    [ -d "$cache" ] && copy "$node/memory_side_cache/${cache##*/}" size line_size indexing write_policy
  done
done

# --- PCI ---------------------------------------------------------------------------------------------------------------
# Of configuration space: the header, and the capabilities that tell of links, ACS, BARs, address translation and CXL. All
# else is zeroed: the device serial number (a network card's is its MAC address), vital product data, vendor's own bytes.
config() {
  [ -r "$root/$1/config" ] || return 0
  od -An -v -tu1 "$root/$1/config" 2>/dev/null | awk '
    function hold(from, count, i) { for (i = from; i < from + count && i < n; i++) kept[i] = 1 }
    { for (i = 1; i <= NF && n < 4096; i++) byte[n++] = $i }
    END {
      split("1:8 5:24 13:8 16:60 17:12 20:64", pairs, " ")
      for (i in pairs) { split(pairs[i], pair, ":"); standard[pair[1]] = pair[2] }
      split("1:72 13:8 15:8 16:64 19:16 21:52 25:48 27:8 29:32 35:60 36:52", pairs2, " ")
      for (i in pairs2) { split(pairs2[i], pair, ":"); extended[pair[1]] = pair[2] }
      hold(0, 64)
      if (int(byte[6] / 16) % 2) {
        at = byte[52] - byte[52] % 4
        for (steps = 0; at >= 64 && at + 1 < n && steps < 48; steps++) {
          id = byte[at]; hold(at, 2)
          if (id in standard) hold(at, standard[id])
          at = byte[at + 1] - byte[at + 1] % 4
        }
      }
      at = 256
      for (steps = 0; at >= 256 && at + 4 <= n && steps < 96; steps++) {
        id = byte[at] + 256 * byte[at + 1]; hold(at, 4)
        if (id in extended) hold(at, extended[id])
        at = byte[at + 3] * 16 + int(byte[at + 2] / 16)
        at -= at % 4
      }
      for (i = 0; i < n; i++) printf "\\%03o", i in kept ? byte[i] : 0
    }' >"$stage/bytes"
  mkdir -p "$stage/t/$1"
  printf "$(cat "$stage/bytes")" >"$stage/t/$1/config"
}

function_files='class vendor device subsystem_vendor subsystem_device revision resource resource*_resize numa_node
  local_cpus local_cpulist label current_link_speed current_link_width max_link_speed max_link_width
  secondary_bus_number subordinate_bus_number mem_info_vram_total'

[ -d "$root/sys/bus" ] && mkdir -p "$stage/t/sys/bus"
if [ -d "$root/sys/bus/pci" ]; then
  mkdir -p "$stage/t/sys/bus/pci/devices"
  links sys/bus/pci/devices '*:*:*.[0-7]'
  for path in "$root"/sys/bus/pci/devices/*; do
    device=$(place "sys/bus/pci/devices/${path##*/}")
    [ -n "$device" ] || continue
    copy "$device" $function_files
    links "$device" driver iommu_group physfn
    if [ "$keep" = yes ]; then cp "$root/$device/config" "$stage/t/$device/config" 2>/dev/null; else config "$device"; fi
    copy "$device/p2pmem" size available published
    for card in "$root/$device"/drm/card[0-9]*; do
      [ -d "$card" ] || continue
      mkdir -p "$stage/t/$device/drm/${card##*/}"
      copy "$device/drm/${card##*/}" lmem_total_bytes
    done
  done
fi
[ -d "$root/sys/kernel/iommu_groups" ] && mkdir -p "$stage/t/sys/kernel/iommu_groups"

# --- CXL, DAX, and the names that drivers gave -------------------------------------------------------------------------
links sys/bus/cxl/devices '*'
for path in "$root"/sys/bus/cxl/devices/*; do
  device=$(place "sys/bus/cxl/devices/${path##*/}")
  [ -n "$device" ] || continue
  mkdir -p "$stage/t/$device"
  copy "$device" start resource size mode interleave_ways interleave_granularity target_list
  copy "$device/ram" size
  copy "$device/pmem" size
done
links sys/bus/dax/devices '*'
for path in "$root"/sys/bus/dax/devices/*; do
  device=$(place "sys/bus/dax/devices/${path##*/}")
  [ -n "$device" ] || continue
  mkdir -p "$stage/t/$device"
  copy "$device" target_node size align
done
# Only of what is on the PCI bus: the others are made by software, and carry the names of containers.
for class in net infiniband drm accel block; do
  for path in "$root/sys/class/$class"/*; do
    device=$(place "sys/class/$class/${path##*/}")
    case $device in
    */pci*) ;;
    *) continue ;;
    esac
    links "sys/class/$class" "${path##*/}"
    mkdir -p "$stage/t/$device"
    [ "$keep" = no ] || copy "$device" address node_guid
  done
done

# Names such as enx001122334455 and rocex0011223344556677 are made of addresses: they get numbers instead.
if [ "$keep" = no ]; then
  n=0
  for class in net infiniband; do
    for path in "$stage/t/sys/class/$class"/*; do
      name=${path##*/}
      case $name in
      *x[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*) ;;
      *) continue ;;
      esac
      n=$((n + 1))
      target=$(ls -l "$path" | sed 's/^.* -> //')
      device=$(place "sys/class/$class/$name")
      rm -f "$path"
      ln -s "${target%/*}/$class$n" "$stage/t/sys/class/$class/$class$n"
      mv "$stage/t/$device" "$stage/t/${device%/*}/$class$n"
    done
  done
fi

cd "$stage/t" || exit 1
tar --owner=0 --group=0 --numeric-owner -cf ../capture.tar * 2>/dev/null || tar -cf ../capture.tar * 2>/dev/null
cd / || exit 1
[ -s "$stage/capture.tar" ] || {
  echo "capture: nothing could be read" >&2
  exit 1
}
if [ "$out" = - ]; then gzip -nc "$stage/capture.tar"; else gzip -nc "$stage/capture.tar" >"$out"; fi || {
  echo "capture: $out cannot be written" >&2
  exit 1
}
[ "$files" -lt "$mostFiles" ] || echo "capture: more than $mostFiles files: the rest is left out" >&2
[ "$out" = - ] || echo "$out: $files files; open it with: memscape open ${out##*/}" >&2

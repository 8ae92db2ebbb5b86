import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'fflate';
import { bytesOf, describedIn } from './oracle.ts';
import { tarOf } from './tar.ts';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

const config = new Uint8Array(256);
config.set([0xde, 0x10, 0xb1, 0x26, 0x07, 0x04, 0x10, 0x00, 0xa1, 0x00, 0x00, 0x03]);

/** A small machine in /proc and /sys, unpacked. */
export const smallTree = tarOf([
  { path: 'm/proc/cpuinfo', text: 'vendor_id : AuthenticAMD\ncpu family : 25\nmodel : 17\nmodel name : EPYC\n' },
  { path: 'm/proc/iomem', text: '00001000-0009fbff : System RAM\n80000000-8fffffff : PCI Bus 0000:00\n' },
  { path: 'm/sys/devices/system/cpu/cpu0/topology/core_siblings', text: '3\n' },
  { path: 'm/sys/devices/system/cpu/cpu0/topology/thread_siblings', text: '1\n' },
  { path: 'm/sys/devices/system/cpu/cpu1/topology/core_siblings', text: '3\n' },
  { path: 'm/sys/devices/system/cpu/cpu1/cache/index0/level', text: '1\n' },
  { path: 'm/sys/devices/system/cpu/cpu1/cache/index0/type', text: 'Data\n' },
  { path: 'm/sys/devices/system/cpu/cpu1/cache/index0/size', text: '32K\n' },
  { path: 'm/sys/devices/system/node/node0/cpumap', text: '00000000,00000003\n' },
  { path: 'm/sys/devices/system/node/node0/meminfo', text: 'Node 0 MemTotal: 1048576 kB\n' },
  { path: 'm/sys/devices/system/node/node0/distance', text: '10\n' },
  { path: 'm/sys/devices/system/node/node0/access0/initiators/read_bandwidth', text: '1000\n' },
  { path: 'm/sys/bus/pci/devices/0000:00:01.0', link: '../../../devices/pci0000:00/0000:00:01.0' },
  { path: 'm/sys/bus/pci/devices/0000:01:00.0', link: '../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0' },
  { path: 'm/sys/devices/pci0000:00/0000:00:01.0/class', text: '0x060400\n' },
  { path: 'm/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/class', text: '0x030000\n' },
  {
    path: 'm/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/config',
    text: String.fromCharCode(...config.subarray(0, 64).map((byte) => byte & 0x7f)),
  },
  {
    path: 'm/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/resource',
    text: '0x00000000c5000000 0x00000000c5ffffff 0x0000000000040200\n0x0000 0x0 0x0\n',
  },
  { path: 'm/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/numa_node', text: '0\n' },
]);

/** One small input of each format. */
export const ownSamples: readonly (readonly [string, Uint8Array])[] = [
  [
    'hwloc 2',
    text(
      '<?xml version="1.0"?>\n<topology version="2.0">\n<object type="Machine" cpuset="0x3" nodeset="0x1" gp_index="1"><info name="Architecture" value="x86_64"/>\n<object type="Package" os_index="0" cpuset="0x3" nodeset="0x1" gp_index="2"><object type="NUMANode" os_index="0" cpuset="0x3" nodeset="0x1" gp_index="3" local_memory="1024"/>\n<object type="L3Cache" cpuset="0x3" cache_size="1024" depth="3" cache_type="0"><object type="Core" os_index="0" cpuset="0x3"><object type="PU" os_index="0" cpuset="0x1" gp_index="6"/><object type="PU" os_index="1" cpuset="0x2"/></object></object></object>\n<object type="Bridge" bridge_type="0-1" bridge_pci="0000:[00-01]"><object type="Bridge" bridge_type="1-1" bridge_pci="0000:[01-01]" pci_busid="0000:00:01.0" pci_type="0604 [8086:1901] [0000:0000] 05"><object type="PCIDev" pci_busid="0000:01:00.0" pci_type="0300 [10de:1db8] [10de:1db8] a1" pci_link_speed="15.75" gp_index="9"><object type="OSDev" name="cuda0" osdev_type="5" subtype="CUDA"><info name="CUDAGlobalMemorySize" value="1048576"/></object></object></object></object></object>\n<distances2 type="NUMANode" nbobjs="1" kind="5" name="NUMALatency" indexing="os"><indexes length="2">0 </indexes><u64values length="3">10 </u64values></distances2>\n<memattr name="Bandwidth" flags="5"><memattr_value target_obj_type="NUMANode" target_obj_gp_index="3" value="20" initiator_cpuset="0x3"/></memattr>\n</topology>\n',
    ),
  ],
  [
    'hwloc 1',
    text(
      '<topology>\n<object type="Machine" cpuset="0x3"><distances nbobjs="1" relative_depth="1" latency_base="10.0"><latency value="1.0"/></distances><object type="NUMANode" os_index="0" cpuset="0x3" local_memory="4096"><object type="Socket" os_index="0" cpuset="0x3"><object type="Cache" cpuset="0x3" depth="3" cache_type="0"><object type="PU" os_index="0" cpuset="0x1"/></object></object></object></object>\n</topology>\n',
    ),
  ],
  [
    'nccl',
    text(
      '<system version="1">\n<cpu numaid="0" affinity="ff" arch="x86_64" vendor="AuthenticAMD" familyid="175" modelid="1">\n<pci busid="0000:01:00.0" class="0x060400" link_speed="16.0 GT/s PCIe" link_width="16"><pci busid="0000:02:00.0" class="0x030200"><gpu dev="0" sm="90" rank="0"><nvlink target="0000:03:00.0" count="4" tclass="0x030200"/><c2c bw="450000" count="1"/></gpu></pci><pci busid="0000:03:00.0" class="0x030200"><gpu dev="1" sm="90"/></pci></pci>\n<nic><net name="eth0" speed="10000" port="0"/></nic></cpu>\n</system>\n',
    ),
  ],
  [
    'lspci -vv',
    text(
      '00:00.0 Host bridge [0600]: Intel [8086:3407] (rev 22)\n\tNUMA node: 0\n\n00:03.0 PCI bridge [0604]: Intel [8086:340a] (prog-if 00 [Normal decode])\n\tBus: primary=00, secondary=01, subordinate=01, sec-latency=0\n\tMemory behind bridge: cf100000-cf1fffff [size=1M]\n\n01:00.0 VGA compatible controller: NVIDIA AD102 (rev a1)\n\tRegion 0: Memory at f8000000 (32-bit, non-prefetchable) [size=16M]\n\tRegion 1: Memory at <unassigned> (64-bit, prefetchable)\n\tCapabilities: [78] Express (v2) Endpoint, MSI 00\n\t\tLnkCap: Port #0, Speed 16GT/s, Width x16\n\t\tLnkSta: Speed 2.5GT/s (downgraded), Width x16\n\tCapabilities: [100 v1] Access Control Services\n\t\tACSCap: SrcValid+ TransBlk+\n\t\tACSCtl: SrcValid+ TransBlk-\n',
    ),
  ],
  [
    'lspci -xxx',
    text(
      '09:00.0 VGA compatible controller: AMD Fiji\n00: 02 10 00 73 07 04 10 00 ca 00 00 03 10 00 80 00\n10: 0c 00 00 e0 00 00 00 00 0c 00 00 f0 00 00 00 00\n20: 01 e0 00 00 00 00 80 fe 00 00 00 00 02 10 36 0b\n30: 00 00 84 fe 48 00 00 00 00 00 00 00 0a 01 00 00\n',
    ),
  ],
  [
    'lspci -tv',
    text(
      '-+-[0000:00]-+-00.0  Host bridge\n |           +-01.0-[01-02]----00.0-[02]--+-00.0  GPU\n |           |                           \\-00.1  Audio\n |           \\-1f.0  ISA bridge\n \\-[0000:80]---01.0-[81]--\n',
    ),
  ],
  [
    'nvidia-smi',
    text(
      '\tGPU0\tGPU1\tNIC0\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\nGPU0\t X \tNV4\tPIX\t0-7\t0\t\tN/A\nGPU1\tNV4\t X \tSYS\t8-15\t1\t\tN/A\nNIC0\tPIX\tSYS\t X \t\t\t\t\n\nLegend:\n\n  NV#  = NVLinks\n\nNIC Legend:\n\n  NIC0: mlx5_0\n',
    ),
  ],
  [
    'rocm-smi',
    text(
      '==== Weight between two GPUs ====\n       GPU0         GPU1\nGPU0   0            15\nGPU1   15           0\n==== Link Type between two GPUs ====\n       GPU0         GPU1\nGPU0   0            XGMI\nGPU1   XGMI         0\n==== Numa Nodes ====\nGPU[0]\t\t: (Topology) Numa Node: 0\nGPU[1]\t\t: (Topology) Numa Node: 1\n',
    ),
  ],
  [
    'numactl',
    text(
      'available: 2 nodes (0-1)\nnode 0 cpus: 0 1 2 3\nnode 0 size: 64167 MB\nnode 0 free: 1 MB\nnode 1 cpus:\nnode 1 size: 65536 MB\nnode distances:\nnode   0   1\n  0:  10  21\n  1:  21  10\n',
    ),
  ],
  [
    'iomem',
    text(
      '00001000-00097fff : System RAM\n80000000-8fffffff : PCI Bus 0000:00\n  80000000-80003fff : 0000:00:02.0\n    80000000-80003fff : e1000e\n',
    ),
  ],
  [
    'cxl',
    text(
      '[\n  {\n    "bus":"root0",\n    "ports:root0":[{"port":"port1","endpoints:port1":[{"endpoint":"endpoint5","host":"mem0","parent_dport":"0000:d2:01.1","memdev":{"memdev":"mem0","ram_size":"128.00 GiB (137.44 GB)","host":"0000:d3:00.0"}}]}],\n    "decoders:root0":[{"decoder":"decoder0.0","resource":1,"size":2,"regions:decoder0.0":[{"region":"region0","size":2,"mappings":[{"position":0,"memdev":"mem0"}]}]}]\n  }\n]\n',
    ),
  ],
  [
    'daxctl',
    text(
      '[{"path":"\\/platform\\/hmem.0","size":8589934592,"devices":[{"chardev":"dax0.0","size":8589934592,"target_node":1,"mode":"system-ram"}]}]\n',
    ),
  ],
  ['snapshot', smallTree],
  ['snapshot.gz', gzipSync(smallTree)],
];

const builtIn = new URL('../../../assets/topologies/', import.meta.url);
const largest = 48 * 1024;

/** Inputs to damage: one of each format, the built-in machines, and what of the collection is small enough to be tried often. */
export function samples(): readonly (readonly [string, Uint8Array])[] {
  const built = readdirSync(builtIn).map(
    (name) => [name, new Uint8Array(readFileSync(new URL(name, builtIn)))] as const,
  );
  const real = [
    ['hwloc-xml', /xml$/],
    ['nccl-xml', /xml$/],
    ['rccl-xml', /xml$/],
    ['text', /txt$/],
    ['cxl-json', /json$/],
    ['fsroot', /gz$/],
  ].flatMap(([folder, pattern]) =>
    describedIn(folder as string, pattern as RegExp).map(
      (name) => [name, bytesOf(`${folder as string}/${name}`)] as const,
    ),
  );
  return [...ownSamples, ...built, ...real.filter(([, bytes]) => bytes.length <= largest)];
}

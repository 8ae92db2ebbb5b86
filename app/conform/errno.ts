/** Error numbers of Linux, as a recording and a driver's return value write them. */
const errnoNumbers = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ENOSPC: 28,
  EDEADLK: 35,
  EOVERFLOW: 75,
  EOPNOTSUPP: 95,
} as const;

/** 0 for "ok", else the negative error number. */
export function returnValue(errno: string): number {
  if (errno === 'ok') return 0;
  const number: number | undefined = (errnoNumbers as Readonly<Record<string, number>>)[errno];
  if (number === undefined) throw new Error(`no number for ${errno}`);
  return -number;
}

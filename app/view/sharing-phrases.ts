/** Words for the arguments of events of what devices share. */
import type { Json } from '../base/json.ts';

export const sharingPhrases: Readonly<Record<string, (value: Json) => string>> = {
  object: String,
  dmaBuf: String,
  attachment: String,
  region: String,
  through: String,
  placement: (v) => `in ${String(v)}`,
  target: (v) => String(v).toLowerCase().replace('_', ' '),
  pasid: (v) => `PASID ${String(v)}`,
  outcome: String,
  requests: (v) => `${String(v)} pages asked for`,
  dropped: (v) => `${String(v)} told to try again`,
  permanent: (v) => (v === true ? 'for good' : ''),
  discarded: (v) => (v === true ? 'what it reads is discarded' : ''),
  peer2peer: (v) => (v === true ? 'peer-to-peer' : 'without peer-to-peer'),
};

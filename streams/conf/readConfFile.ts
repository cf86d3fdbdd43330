/**
 * One file that supervisord may include, read and told apart: ours, somebody else's, or something
 * in the way. Never throws, never follows a symbolic link under a name of ours, never hangs.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { basename } from 'node:path';
import { type BigFileStats, type FileSystem } from '../../src/clients/fileSystem.ts';
import { parseMarker } from '../../src/domain/content/marker.ts';
import { readConfSections } from '../../src/domain/supervisorConf.ts';
import { type ConfFile, type Sha256 } from '../../src/domain/types.ts';
import { describeErrno, errnoOf } from './errno.ts';

export interface WantedMetadata {
  readonly mode: number;
  /** Undefined: any. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** Sixteen times the largest body that is accepted. */
const sizeMaxBytes = 1024 * 1024;

const suffix = '.supervene.conf';

/** The app that a file name of ours is for. */
export function appOfFileName(name: string): string | undefined {
  return name.length > suffix.length && name.endsWith(suffix)
    ? name.slice(0, -suffix.length)
    : undefined;
}

export interface FileReading {
  /** Undefined: gone. */
  readonly file: ConfFile | undefined;
  /** False after a failure that may pass though the file stays as it is. */
  readonly isLasting: boolean;
}

/** A file with a name of ours in our directory; `stats` are of the entry itself. */
export async function readOurFile(
  fileSystem: FileSystem,
  path: string,
  stats: BigFileStats,
  wanted: WantedMetadata,
): Promise<FileReading> {
  const blocked = (detail: string, isLasting = true): FileReading => {
    return { file: { type: 'Blocked', path, detail }, isLasting };
  };
  if (!stats.isFile()) return blocked(`it is ${kindOf(stats)}, not a regular file`);
  if (stats.size > sizeMaxBytes) {
    return blocked(`it has ${String(stats.size)} bytes, more than any file of ours`);
  }
  const read = await readCapped(fileSystem, path, constants.O_NOFOLLOW);
  if (read === 'ENOENT') return { file: undefined, isLasting: false };
  if (typeof read === 'string') return blocked(`it cannot be read: ${describeErrno(read)}`, false);
  const ours = asOurs(path, stats, wanted, read.bytes);
  const file = ours ?? { type: 'Foreign', path, sections: sectionNames(read.bytes) };
  return { file, isLasting: true };
}

/**
 * A file of somebody else; links are followed, as supervisord does. What supervisord skips because
 * it cannot be read has no sections. Of a file beyond 1 MiB only the first part is looked at.
 */
export async function readForeignFile(fileSystem: FileSystem, path: string): Promise<FileReading> {
  const read = await readCapped(fileSystem, path, 0);
  const isLasting = typeof read !== 'string';
  const sections = isLasting ? sectionNames(read.bytes) : [];
  return { file: { type: 'Foreign', path, sections }, isLasting };
}

function asOurs(
  path: string,
  stats: BigFileStats,
  wanted: WantedMetadata,
  bytes: Buffer,
): ConfFile | undefined {
  const end = bytes.indexOf(0x0a);
  if (end === -1) return undefined;
  const marker = parseMarker(bytes.toString('utf8', 0, end));
  if (marker === undefined || marker.app !== appOfFileName(basename(path))) return undefined;
  return {
    type: 'Ours',
    path,
    app: marker.app,
    revision: marker.revision,
    markedSha256: marker.sha256,
    sha256: createHash('sha256')
      .update(bytes.subarray(end + 1))
      .digest('hex') as Sha256,
    isOwnerAndModeRight: isAsWanted(stats, wanted),
  };
}

function isAsWanted(stats: BigFileStats, { mode, uid, gid }: WantedMetadata): boolean {
  return (
    Number(stats.mode & 0o7777n) === mode &&
    (uid === undefined || stats.uid === BigInt(uid)) &&
    (gid === undefined || stats.gid === BigInt(gid))
  );
}

/** The error code instead, when it cannot be read. */
async function readCapped(
  fileSystem: FileSystem,
  path: string,
  flags: number,
): Promise<{ bytes: Buffer } | string> {
  try {
    // O_NONBLOCK: opening a pipe must not wait for somebody to write into it.
    const { O_RDONLY, O_NONBLOCK } = constants;
    const handle = await fileSystem.open(path, O_RDONLY | O_NONBLOCK | flags);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) return 'EINVAL';
      const bytes = Buffer.alloc(Math.min(stats.size, sizeMaxBytes));
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return { bytes: bytes.subarray(0, length) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return errnoOf(error) ?? String(error);
  }
}

function sectionNames(bytes: Buffer): readonly string[] {
  return readConfSections(bytes.toString('utf8')).map(({ name }) => name);
}

function kindOf(stats: BigFileStats): string {
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a pipe';
  return 'a special file';
}

/** What somebody chose or dropped, told apart: files to send, and text files that are captions. */
export interface Found {
  file: File;
  /** As the dataset will call it: with its folders below the one that was chosen. */
  name: string;
}

export interface Gathered {
  clips: Found[];
  /** Caption by the name of its text file. */
  captions: Map<string, string>;
}

const LARGEST_CAPTION = 64 << 10;

export async function chosen(files: Iterable<File>): Promise<Gathered> {
  return sorted([...files].map((file) => ({ file, name: file.webkitRelativePath.split("/").slice(1).join("/") || file.name })));
}

/** Must be called before anything is awaited: a drop's items live only as long as its event. */
export async function dropped(transfer: DataTransfer): Promise<Gathered> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const found = await Promise.all(entries.map((entry) => (entry.isDirectory ? inside(entry as FileSystemDirectoryEntry, "") : single(entry, ""))));
  return sorted(found.flat());
}

async function inside(folder: FileSystemDirectoryEntry, path: string): Promise<Found[]> {
  const reader = folder.createReader();
  const found: Found[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (!some.length) return found;
    for (const entry of some) {
      const more = entry.isDirectory ? inside(entry as FileSystemDirectoryEntry, `${path}${entry.name}/`) : single(entry, path);
      found.push(...(await more));
    }
  }
}

async function single(entry: FileSystemEntry, path: string): Promise<Found[]> {
  const file = await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail));
  return [{ file, name: path + file.name }];
}

/** Without what systems leave in folders by themselves; in the order in which people count. */
async function sorted(found: Found[]): Promise<Gathered> {
  const meant = found.filter(({ name }) => !/(^|\/)(\.|Thumbs\.db$|desktop\.ini$)/i.test(name));
  const clips = meant.filter(({ name }) => !isCaption(name));
  clips.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  const texts = meant.filter(({ name, file }) => isCaption(name) && file.size <= LARGEST_CAPTION);
  const captions = new Map(await Promise.all(texts.map(async ({ name, file }) => [name, await file.text()] as const)));
  return { clips, captions };
}

function isCaption(name: string): boolean {
  return /\.txt$/i.test(name);
}

/** The name of the text file that would hold this clip's caption. */
export function sidecar(name: string): string {
  return `${name.replace(/\.[^./]*$/, "")}.txt`;
}

/** Stands for Uppy's client of its own server, which we do not run: 4 KB that nobody would call (build.mjs). */
export class RequestClient {}

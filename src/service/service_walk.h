/* SPDX-License-Identifier: ISC */
/*
 * openat2(2) with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS, for kernels (and
 * valgrinds) that lack it.  Workers; no state.
 */
#ifndef SERVICE_WALK_H
#define SERVICE_WALK_H

/*
 * Opens path below the directory root with these flags of open(2).  Symbolic
 * links are followed as long as they stay below it; an absolute one never
 * does.  Components are opened one by one, so nobody who renames meanwhile
 * can lead the walk out.  A descriptor, close-on-exec, or -1 with errno: as
 * open(2); EXDEV: it leads out of root; ELOOP: too many links or directories.
 */
int service_walk(int root, const char *path, int flags);

#endif

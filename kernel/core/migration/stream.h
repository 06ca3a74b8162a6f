/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A parent's private state, on its way between the parent and a client: a stream
 * of bytes, collected in memory, since the client takes or brings it in pieces of
 * its own liking.
 */
#ifndef _VDPA_STREAM_H
#define _VDPA_STREAM_H

#include <linux/list.h>
#include <linux/vdpa_migration.h>

struct vdpa_stream_chunk;

/**
 * struct vdpa_stream - bytes, up to VDPA_STATE_PRIVATE_MAX
 * @writer: what a parent writes by
 * @reader: what a parent reads by, after vdpa_stream_rewind()
 * @chunks: all but the last are full
 * @len: bytes in all
 * @at: the chunk that is read from
 * @off: bytes of @at that were read
 * @abandoned: nobody wants it any more: nothing more is written
 *
 * Used by one at a time, but for @abandoned, which may be set at any time.
 */
struct vdpa_stream {
	struct vdpa_migration_writer writer;
	struct vdpa_migration_reader reader;
	struct list_head chunks;
	u64 len;
	struct vdpa_stream_chunk *at;
	u32 off;
	bool abandoned;
};

void vdpa_stream_init(struct vdpa_stream *stream);
void vdpa_stream_free(struct vdpa_stream *stream);
int vdpa_stream_append(struct vdpa_stream *stream, const void *buf, size_t len);
void vdpa_stream_rewind(struct vdpa_stream *stream);
int vdpa_stream_read(struct vdpa_stream *stream, void *buf, size_t len);

#endif

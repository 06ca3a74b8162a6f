/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffer for a parent's private state: a stream of bytes in memory, between the parent and a client
 * that reads or writes it in pieces.
 */
#ifndef _VDPA_STREAM_H
#define _VDPA_STREAM_H

#include <linux/list.h>
#include <linux/vdpa_migration.h>

struct vdpa_stream_chunk;

/**
 * struct vdpa_stream - a stream of up to VDPA_STATE_PRIVATE_MAX bytes
 * @writer: interface for a parent to write
 * @reader: interface for a parent to read, after vdpa_stream_rewind()
 * @chunks: list of chunks; all but the last are full
 * @len: total number of bytes
 * @at: the chunk to read from
 * @off: bytes of @at already read
 * @abandoned: the client has gone: writes fail
 *
 * Not locked: only one task may use it at a time. But @abandoned may be set at any time.
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

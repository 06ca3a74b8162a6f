// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffer for a parent's private state: see stream.h.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/vdpa.h>

#include "migration/stream.h"

/* Bytes in a chunk: it fills its allocation. */
#define CHUNK_SIZE	(SZ_32K - sizeof(struct vdpa_stream_chunk))

/**
 * struct vdpa_stream_chunk - a part of a stream
 * @node: node in the stream's list
 * @used: used bytes of @data
 * @data: room for CHUNK_SIZE
 */
struct vdpa_stream_chunk {
	struct list_head node;
	u32 used;
	u8 data[];
};

static struct vdpa_stream_chunk *last_chunk(struct vdpa_stream *stream)
{
	return list_empty(&stream->chunks) ? NULL :
	       list_last_entry(&stream->chunks, struct vdpa_stream_chunk, node);
}

/* Return: the last chunk if it has room, else a new one, or NULL. */
static struct vdpa_stream_chunk *chunk_with_room(struct vdpa_stream *stream)
{
	struct vdpa_stream_chunk *chunk = last_chunk(stream);

	if (chunk && chunk->used < CHUNK_SIZE)
		return chunk;
	chunk = kvmalloc(sizeof(*chunk) + CHUNK_SIZE, GFP_KERNEL_ACCOUNT);
	if (!chunk)
		return NULL;
	chunk->used = 0;
	list_add_tail(&chunk->node, &stream->chunks);
	return chunk;
}

/**
 * vdpa_stream_append - append bytes
 * @stream: the stream
 * @buf: the bytes
 * @len: how many
 *
 * Context: may sleep.
 * Return: 0; -EFBIG, -ENOMEM, or -ECANCELED if the client has gone. After an error the stream is
 * invalid.
 */
int vdpa_stream_append(struct vdpa_stream *stream, const void *buf, size_t len)
{
	struct vdpa_stream_chunk *chunk;
	u32 n;

	if (len > VDPA_STATE_PRIVATE_MAX - stream->len)
		return -EFBIG;
	for (; len; len -= n, buf += n) {
		if (READ_ONCE(stream->abandoned))
			return -ECANCELED;
		chunk = chunk_with_room(stream);
		if (!chunk)
			return -ENOMEM;
		n = min_t(size_t, len, CHUNK_SIZE - chunk->used);
		memcpy(chunk->data + chunk->used, buf, n);
		chunk->used += n;
		stream->len += n;
		cond_resched();
	}
	return 0;
}

/* Start to read from the beginning. */
void vdpa_stream_rewind(struct vdpa_stream *stream)
{
	stream->reader.left = stream->len;
	stream->at = list_first_entry_or_null(&stream->chunks, struct vdpa_stream_chunk, node);
	stream->off = 0;
}

/**
 * vdpa_stream_read - read the next bytes
 * @stream: the stream, after vdpa_stream_rewind()
 * @buf: destination
 * @len: how many
 *
 * Context: may sleep.
 * Return: 0; -ENODATA if there are fewer bytes: then none is read.
 */
int vdpa_stream_read(struct vdpa_stream *stream, void *buf, size_t len)
{
	u32 n;

	if (len > stream->reader.left)
		return -ENODATA;
	stream->reader.left -= len;
	for (; len; len -= n, buf += n) {
		if (stream->off == stream->at->used) {
			stream->at = list_next_entry(stream->at, node);
			stream->off = 0;
		}
		n = min_t(size_t, len, stream->at->used - stream->off);
		memcpy(buf, stream->at->data + stream->off, n);
		stream->off += n;
		cond_resched();
	}
	return 0;
}

static int writer_write(struct vdpa_migration_writer *to, const void *buf, size_t len)
{
	return vdpa_stream_append(container_of(to, struct vdpa_stream, writer), buf, len);
}

static int reader_read(struct vdpa_migration_reader *from, void *buf, size_t len)
{
	return vdpa_stream_read(container_of(from, struct vdpa_stream, reader), buf, len);
}

void vdpa_stream_init(struct vdpa_stream *stream)
{
	*stream = (struct vdpa_stream){
		.writer.write = writer_write,
		.reader.read = reader_read,
	};
	INIT_LIST_HEAD(&stream->chunks);
}

void vdpa_stream_free(struct vdpa_stream *stream)
{
	struct vdpa_stream_chunk *chunk, *next;

	list_for_each_entry_safe(chunk, next, &stream->chunks, node)
		kvfree(chunk);
	INIT_LIST_HEAD(&stream->chunks);
}

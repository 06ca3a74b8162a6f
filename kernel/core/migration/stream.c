// SPDX-License-Identifier: GPL-2.0-only
/*
 * A parent's private state on its way: see stream.h.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/vdpa.h>

#include "migration/stream.h"

/* Bytes of a chunk, so that it fills its allocation. */
#define CHUNK_SIZE	(SZ_32K - sizeof(struct vdpa_blob_chunk))

/**
 * struct vdpa_blob_chunk - some of the bytes
 * @node: in the blob's list
 * @used: bytes of @data that there are
 * @data: room for CHUNK_SIZE
 */
struct vdpa_blob_chunk {
	struct list_head node;
	u32 used;
	u8 data[];
};

static struct vdpa_blob_chunk *last_chunk(struct vdpa_blob *blob)
{
	return list_empty(&blob->chunks) ? NULL :
	       list_last_entry(&blob->chunks, struct vdpa_blob_chunk, node);
}

/* Return: a chunk with room, or NULL. */
static struct vdpa_blob_chunk *chunk_with_room(struct vdpa_blob *blob)
{
	struct vdpa_blob_chunk *chunk = last_chunk(blob);

	if (chunk && chunk->used < CHUNK_SIZE)
		return chunk;
	chunk = kvmalloc(sizeof(*chunk) + CHUNK_SIZE, GFP_KERNEL_ACCOUNT);
	if (!chunk)
		return NULL;
	chunk->used = 0;
	list_add_tail(&chunk->node, &blob->chunks);
	return chunk;
}

/**
 * vdpa_blob_append - add to the end
 * @blob: the bytes
 * @buf: more of them
 * @len: how many
 *
 * Context: may sleep.
 * Return: 0; -EFBIG, -ENOMEM, or -ECANCELED if nobody wants it any more. It is of no
 * use then.
 */
int vdpa_blob_append(struct vdpa_blob *blob, const void *buf, size_t len)
{
	struct vdpa_blob_chunk *chunk;
	u32 n;

	if (len > VDPA_STATE_PRIVATE_MAX - blob->len)
		return -EFBIG;
	for (; len; len -= n, buf += n) {
		if (READ_ONCE(blob->abandoned))
			return -ECANCELED;
		chunk = chunk_with_room(blob);
		if (!chunk)
			return -ENOMEM;
		n = min_t(size_t, len, CHUNK_SIZE - chunk->used);
		memcpy(chunk->data + chunk->used, buf, n);
		chunk->used += n;
		blob->len += n;
		cond_resched();
	}
	return 0;
}

/* From now on it is read, from its beginning. */
void vdpa_blob_rewind(struct vdpa_blob *blob)
{
	blob->reader.left = blob->len;
	blob->at = list_first_entry_or_null(&blob->chunks, struct vdpa_blob_chunk, node);
	blob->off = 0;
}

/**
 * vdpa_blob_read - take the next bytes
 * @blob: the bytes, rewound before
 * @buf: where to
 * @len: how many
 *
 * Context: may sleep.
 * Return: 0; -ENODATA, with nothing taken, if there are less.
 */
int vdpa_blob_read(struct vdpa_blob *blob, void *buf, size_t len)
{
	u32 n;

	if (len > blob->reader.left)
		return -ENODATA;
	blob->reader.left -= len;
	for (; len; len -= n, buf += n) {
		if (blob->off == blob->at->used) {
			blob->at = list_next_entry(blob->at, node);
			blob->off = 0;
		}
		n = min_t(size_t, len, blob->at->used - blob->off);
		memcpy(buf, blob->at->data + blob->off, n);
		blob->off += n;
		cond_resched();
	}
	return 0;
}

static int writer_write(struct vdpa_migration_writer *to, const void *buf, size_t len)
{
	return vdpa_blob_append(container_of(to, struct vdpa_blob, writer), buf, len);
}

static int reader_read(struct vdpa_migration_reader *from, void *buf, size_t len)
{
	return vdpa_blob_read(container_of(from, struct vdpa_blob, reader), buf, len);
}

void vdpa_blob_init(struct vdpa_blob *blob)
{
	*blob = (struct vdpa_blob){
		.writer.write = writer_write,
		.reader.read = reader_read,
	};
	INIT_LIST_HEAD(&blob->chunks);
}

void vdpa_blob_free(struct vdpa_blob *blob)
{
	struct vdpa_blob_chunk *chunk, *next;

	list_for_each_entry_safe(chunk, next, &blob->chunks, node)
		kvfree(chunk);
	INIT_LIST_HEAD(&blob->chunks);
}

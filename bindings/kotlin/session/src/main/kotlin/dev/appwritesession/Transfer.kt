package dev.appwritesession

import dev.appwritesession.ffi.CoreTransfer
import dev.appwritesession.ffi.TransferDirection

/**
 * How far the body of a call has come. If the call is sent again, it begins again.
 *
 * @property direction which body.
 * @property bytes how many bytes have come so far.
 * @property total how many there are in all, if that is known.
 */
public class Transfer internal constructor(public val direction: Direction, public val bytes: Long, public val total: Long?) {
    /** Which body of a call. */
    public enum class Direction {
        /** The body of the request. */
        Up,

        /** The body of the answer. */
        Down,
    }

    /** All of it. */
    override fun toString(): String = "Transfer(direction=$direction, bytes=$bytes, total=$total)"
}

internal fun CoreTransfer.toApi(): Transfer {
    val direction = if (direction == TransferDirection.UP) Transfer.Direction.Up else Transfer.Direction.Down
    return Transfer(direction, bytes.toLong(), total?.toLong())
}

// The operations of the accounts, each with the one function of the API that it is.

package dev.appwritesession.agent

import dev.appwritesession.Accounts
import dev.appwritesession.SessionClient
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonArray

private typealias Observe = (SessionClient) -> Unit
private typealias AccountOperation = suspend Accounts.(Given, Observe) -> JsonElement

private val accountOperations: Map<String, AccountOperation> =
    mapOf(
        "list" to { _, _ -> JsonArray(list().map(::shown)) },
        "current" to { _, observe -> id(current(), observe) },
        "client" to { of, observe -> id(client(of.text(0)), observe) },
        "add" to { _, observe -> id(add(), observe) },
        "switchTo" to { of, observe -> id(switchTo(of.text(0)), observe) },
        "completeOAuth2" to { of, observe ->
            val completed = completeOAuth2(of.text(0))
            buildJsonObject {
                put("id", id(completed.client, observe))
                put("outcome", shown(completed.outcome))
            }
        },
        "signOut" to { of, _ -> signOut(of.text(0)).let { JsonNull } },
        "signOutOfAll" to { _, _ -> signOutOfAll().let { JsonNull } },
    )

/** Performs an operation. [observe] gets the client that it returns. */
internal suspend fun accountOperation(accounts: Accounts, command: JsonObject, observe: Observe): JsonElement {
    val name = command.text("name")
    val operation = accountOperations[name] ?: throw UnknownCommand(name)
    return accounts.operation(Given(command["args"]?.jsonArray.orEmpty()), observe)
}

internal fun accountOperationNames(): JsonElement = JsonArray(accountOperations.keys.sorted().map(::JsonPrimitive))

private fun id(client: SessionClient, observe: Observe): JsonElement {
    observe(client)
    return JsonPrimitive(client.accountSlot)
}

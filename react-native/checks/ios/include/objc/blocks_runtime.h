// What GNUstep's headers include for blocks. The compiler knows them by itself.

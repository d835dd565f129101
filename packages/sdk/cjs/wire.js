"use strict";
// The contract as plain types, made from the schemas by `npm run generate -w @rightofway/camara`: do not edit.
Object.defineProperty(exports, "__esModule", { value: true });
